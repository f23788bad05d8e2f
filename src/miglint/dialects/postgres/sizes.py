"""The query that says how large the tables of a database are, and how often they are used."""

SIZES_QUERY = r"""
-- How large the tables of this database are, and how often they are used: a file that miglint reads.
-- It reads the catalog and the statistics of the server that it runs on (the one that is written to, not
-- a replica), and to measure a table it takes its ACCESS SHARE lock, as a SELECT does.
WITH RECURSIVE counted AS (
    -- The counters of tables are from the last reset, and from the first start or the last crash.
    SELECT extract(epoch FROM now() - greatest(d.stats_reset, least(b.stats_reset, a.stats_reset))) AS seconds
    FROM pg_stat_database AS d, pg_stat_bgwriter AS b, pg_stat_archiver AS a
    WHERE d.datname = current_database()
), relations AS (
    SELECT
        c.oid,
        n.nspname,
        c.relname,
        c.relkind,
        CASE
            WHEN c.relkind = 'p' THEN 0 -- ANALYZE counts the rows of its partitions here once more.
            WHEN greatest(c.reltuples, s.n_live_tup) > 0 THEN greatest(c.reltuples, s.n_live_tup)::bigint
            WHEN pg_relation_size(c.oid) = 0 THEN 0
        END AS rows,
        pg_table_size(c.oid) AS bytes,
        pg_indexes_size(c.oid) AS index_bytes,
        (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid) AS indexes,
        coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0) AS reads,
        coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_upd, 0) + coalesce(s.n_tup_del, 0) AS writes
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'm', 'p')
        AND c.relpersistence <> 't'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\_toast%'
), parts AS (
    SELECT oid AS whole, oid AS part, relkind FROM relations
    UNION ALL
    SELECT p.whole, i.inhrelid, c.relkind
    FROM parts AS p
    JOIN pg_inherits AS i ON i.inhparent = p.part
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE p.relkind = 'p'
), totals AS (
    SELECT
        p.whole,
        CASE WHEN bool_and(r.rows IS NOT NULL) THEN sum(r.rows) END AS rows,
        sum(r.bytes) AS bytes,
        sum(r.index_bytes) AS index_bytes,
        max(r.indexes) AS indexes,
        sum(r.reads) AS reads,
        sum(r.writes) AS writes
    FROM parts AS p
    JOIN relations AS r ON r.oid = p.part
    GROUP BY p.whole
), lines AS (
    SELECT
        r.nspname,
        r.relname,
        to_json(
            CASE WHEN r.nspname ~ '[".]' THEN '"' || replace(r.nspname, '"', '""') || '"' ELSE r.nspname END
            || '.' ||
            CASE WHEN r.relname ~ '[".]' THEN '"' || replace(r.relname, '"', '""') || '"' ELSE r.relname END
        ) || ' = { ' || concat_ws(
            ', ',
            'rows = ' || t.rows,
            'bytes = ' || t.bytes,
            'index_bytes = ' || t.index_bytes,
            'indexes = ' || t.indexes,
            -- What was counted for less than an hour tells nothing of a day.
            CASE WHEN c.seconds >= 3600 THEN 'reads = ' || round((t.reads / c.seconds)::numeric, 2) END,
            CASE WHEN c.seconds >= 3600 THEN 'writes = ' || round((t.writes / c.seconds)::numeric, 2) END
        ) || ' }' AS line
    FROM relations AS r
    JOIN totals AS t ON t.whole = r.oid
    CROSS JOIN counted AS c
)
SELECT concat_ws(
    E'\n',
    '# How large tables are, for miglint; `miglint stats --sql` prints the query that writes it.',
    'date = ' || (now() AT TIME ZONE 'UTC')::date,
    'server = ' || to_json('PostgreSQL ' || current_setting('server_version')),
    'search_path = ' || to_json(current_schemas(false)),
    E'\n[tables]',
    string_agg(line, E'\n' ORDER BY nspname, relname)
) FROM lines;
"""
