"""What can be told of a text without parsing its SQL: layout, placeholders, trees of XML and YAML."""
