"""The whole catalog of a database as words: what a way back has to restore, object by object.

What makes no difference is left out: oids, the order of columns, what is no database's own (roles).
"""

from miglint.verify.server import Connection

_OWN = """
  n.nspname !~ '^pg_(toast|temp)' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = '{catalog}'::regclass AND d.objid = {oid} AND d.deptype = 'e')
"""


def _own(catalog: str, oid: str) -> str:
    return _OWN.format(catalog=catalog, oid=oid)


_GRANTS = """
(SELECT string_agg(g, ' ' ORDER BY g) FROM (
    SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC') || ':' || a.privilege_type
           || CASE WHEN a.is_grantable THEN '*' ELSE '' END
    FROM aclexplode({acl}) AS a WHERE a.grantee <> {owner}) AS all_of(g))
"""
_OF_RELATION = """
coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
"""
_QUERIES = {
    "schema": f"""
SELECT n.nspname, '', n.nspowner::regrole::text,
       {_GRANTS.format(acl="coalesce(n.nspacl, acldefault('n', n.nspowner))", owner="n.nspowner")}
FROM pg_namespace AS n WHERE {_own("pg_namespace", "n.oid")}
""",
    "relation": f"""
SELECT n.nspname || '.' || c.relname, '', c.relkind::text, c.relpersistence::text, c.relowner::regrole::text,
       nullif(c.reloftype, 0)::regtype::text,
       (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(c.reloptions) AS o), c.relrowsecurity::text,
       c.relforcerowsecurity::text, c.relreplident::text, am.amname, t.spcname,
       pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
       (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhparent::regclass::text)
        FROM pg_inherits AS i WHERE i.inhrelid = c.oid),
       {_GRANTS.format(acl=_OF_RELATION, owner="c.relowner")},
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, c.relispopulated::text
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_am AS am ON am.oid = c.relam LEFT JOIN pg_tablespace AS t ON t.oid = c.reltablespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {_own("pg_class", "c.oid")}
""",
    "sequence": f"""
SELECT n.nspname || '.' || c.relname, '', s.seqtypid::regtype::text, s.seqstart::text, s.seqincrement::text,
       s.seqmin::text, s.seqmax::text, s.seqcache::text, s.seqcycle::text,
       (SELECT d.refobjid::regclass || '.' || a.attname FROM pg_depend AS d
        JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
          AND d.refclassid = 'pg_class'::regclass)
FROM pg_sequence AS s JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_own("pg_class", "c.oid")}
""",
    "column": f"""
SELECT n.nspname || '.' || c.relname, CASE c.relkind WHEN 'i' THEN a.attnum::text ELSE a.attname END,
       format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
       a.attidentity::text, a.attgenerated::text, a.attstorage::text, a.attcompression::text,
       nullif(a.attstattarget, -1)::text, array_to_string(a.attoptions, ','),
       array_to_string(a.attfdwoptions, ','),
       (SELECT l.collname FROM pg_collation AS l WHERE l.oid = a.attcollation),
       pg_get_expr(d.adbin, d.adrelid),
       {_GRANTS.format(acl="a.attacl", owner="c.relowner")}
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c', 'i')
  AND {_own("pg_class", "c.oid")}
""",
    "constraint": f"""
SELECT coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text), k.conname,
       pg_get_constraintdef(k.oid)
FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE k.contype <> 'n' AND {_own("pg_constraint", "k.oid")}
""",
    "index": f"""
SELECT n.nspname || '.' || c.relname, '', pg_get_indexdef(c.oid), i.indisvalid::text, i.indisclustered::text,
       i.indisreplident::text,
       (SELECT p.inhparent::regclass::text FROM pg_inherits AS p WHERE p.inhrelid = c.oid)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_own("pg_class", "c.oid")}
""",
    "trigger": f"""
SELECT n.nspname || '.' || c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {_own("pg_class", "c.oid")}
""",
    "policy": f"""
SELECT n.nspname || '.' || c.relname, p.polname, p.polcmd::text, p.polpermissive::text,
       (SELECT string_agg(coalesce(nullif(r, 0)::regrole::text, 'public'), ',' ORDER BY r)
        FROM unnest(p.polroles) AS r),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_own("pg_class", "c.oid")}
""",
    "rule": f"""
SELECT n.nspname || '.' || c.relname, r.rulename, pg_get_ruledef(r.oid), r.ev_enabled::text
FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {_own("pg_class", "c.oid")}
""",
    "statistics": f"""
SELECT n.nspname || '.' || s.stxname, '', pg_get_statisticsobjdef(s.oid), nullif(s.stxstattarget, -1)::text
FROM pg_statistic_ext AS s JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE {_own("pg_statistic_ext", "s.oid")}
""",
    "type": f"""
SELECT n.nspname || '.' || t.typname, '', t.typtype::text, format_type(t.typbasetype, t.typtypmod),
       t.typnotnull::text, coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault), t.typstorage::text,
       t.typowner::regrole::text,
       (SELECT l.collname FROM pg_collation AS l WHERE l.oid = t.typcollation),
       (SELECT concat_ws(' ', r.rngsubtype::regtype, r.rngcollation, r.rngcanonical, r.rngsubdiff)
        FROM pg_range AS r WHERE r.rngtypid = t.oid),
       (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
        FROM pg_enum AS e WHERE e.enumtypid = t.oid),
       {_GRANTS.format(acl="coalesce(t.typacl, acldefault('T', t.typowner))", owner="t.typowner")}
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c' OR (t.typtype IN ('b', 'p') AND t.typcategory <> 'A'))
  AND {_own("pg_type", "t.oid")}
""",
    "function": f"""
SELECT n.nspname || '.' || p.proname, pg_get_function_identity_arguments(p.oid),
       CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE p.prokind::text END,
       p.proowner::regrole::text,
       (SELECT concat_ws(' ', a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval)
        FROM pg_aggregate AS a WHERE a.aggfnoid = p.oid),
       {_GRANTS.format(acl="coalesce(p.proacl, acldefault('f', p.proowner))", owner="p.proowner")}
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {_own("pg_proc", "p.oid")}
""",
    "extension": """
SELECT e.extname, '', e.extnamespace::regnamespace::text, e.extversion,
       (SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ',' ORDER BY 1) FROM pg_depend AS d
        WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
          AND d.objid >= 16384 AND d.classid = 'pg_proc'::regclass)
FROM pg_extension AS e
""",
    "comment": """
SELECT o.type, o.identity, d.description
FROM pg_description AS d, pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
WHERE d.objoid >= 16384
""",
    "default privileges": """
SELECT coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, ''), d.defaclobjtype::text,
       d.defaclrole::regrole::text, d.defaclacl::text
FROM pg_default_acl AS d
""",
    "publication": """
SELECT p.pubname, '', to_jsonb(p) - 'oid',
       (SELECT string_agg(concat_ws(' ', r.prrelid::regclass, r.prattrs, pg_get_expr(r.prqual, r.prrelid)),
                          ',' ORDER BY r.prrelid::regclass::text)
        FROM pg_publication_rel AS r WHERE r.prpubid = p.oid),
       (SELECT string_agg(s.pnnspid::regnamespace::text, ',' ORDER BY 1)
        FROM pg_publication_namespace AS s WHERE s.pnpubid = p.oid)
FROM pg_publication AS p
""",
    "subscription": """
SELECT s.subname, '', to_jsonb(s) - 'oid' - 'subdbid' FROM pg_subscription AS s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
""",
    "event trigger": """
SELECT e.evtname, '', e.evtevent, e.evtfoid::regproc::text, e.evtenabled::text, e.evttags::text
FROM pg_event_trigger AS e
""",
    "foreign data": f"""
SELECT 'wrapper', w.fdwname, w.fdwhandler::regproc::text, w.fdwoptions::text,
       {_GRANTS.format(acl="w.fdwacl", owner="w.fdwowner")}
FROM pg_foreign_data_wrapper AS w
UNION ALL SELECT 'server', s.srvname, s.srvtype, s.srvoptions::text,
       {_GRANTS.format(acl="s.srvacl", owner="s.srvowner")} FROM pg_foreign_server AS s
UNION ALL SELECT 'mapping', u.srvname, u.usename, u.umoptions::text, '' FROM pg_user_mappings AS u
UNION ALL SELECT 'table', f.ftrelid::regclass::text, s.srvname, f.ftoptions::text, ''
FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver
""",
    "language": f"""
SELECT l.lanname, '', l.lanpltrusted::text, l.lanplcallfoid::regproc::text,
       {_GRANTS.format(acl="coalesce(l.lanacl, acldefault('l', l.lanowner))", owner="l.lanowner")}
FROM pg_language AS l
""",
    "settings of a role or database": """
SELECT s.setrole::text, '', s.setconfig::text FROM pg_db_role_setting AS s
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
""",
    # What can only be made, dropped or altered as a whole: by name, and what little may be altered.
    "other": """
SELECT o.type, o.identity, f.facts
FROM (
    SELECT 'pg_cast'::regclass::oid, c.oid, concat_ws(' ', c.castcontext, c.castmethod) FROM pg_cast AS c
    UNION ALL SELECT 'pg_operator'::regclass, p.oid, concat_ws(' ', p.oprcode, p.oprrest, p.oprjoin)
    FROM pg_operator AS p
    UNION ALL SELECT 'pg_opclass'::regclass, c.oid, c.opcdefault::text FROM pg_opclass AS c
    UNION ALL SELECT 'pg_opfamily'::regclass, p.oid, '' FROM pg_opfamily AS p
    UNION ALL SELECT 'pg_collation'::regclass, c.oid, concat_ws(' ', c.collprovider, c.collcollate)
    FROM pg_collation AS c
    UNION ALL SELECT 'pg_conversion'::regclass, c.oid, c.condefault::text FROM pg_conversion AS c
    UNION ALL SELECT 'pg_ts_dict'::regclass, d.oid, d.dictinitoption FROM pg_ts_dict AS d
    UNION ALL SELECT 'pg_ts_config'::regclass, c.oid,
        (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ','
                           ORDER BY m.maptokentype, m.mapseqno)
         FROM pg_ts_config_map AS m WHERE m.mapcfg = c.oid)
    FROM pg_ts_config AS c
    UNION ALL SELECT 'pg_transform'::regclass, t.oid, '' FROM pg_transform AS t
    UNION ALL SELECT 'pg_am'::regclass, a.oid, a.amhandler::text FROM pg_am AS a
) AS f (class, oid, facts), pg_identify_object(f.class, f.oid, 0) AS o
WHERE f.oid >= 16384
""",
}


def snapshot(connection: Connection) -> dict[str, str]:
    """Give every object that is not the server's own or an extension's, and what it is made of."""
    found: dict[str, str] = {}
    row = connection.execute("SELECT current_setting('search_path')").fetchone()
    connection.execute("SET search_path = pg_catalog")  # So that all names are qualified.
    for kind, query in _QUERIES.items():
        for owner, part, *facts in connection.execute(query).fetchall():
            name = f"{kind} {owner}{'.' + part if part else ''}"
            found[name] = " | ".join(str(fact) for fact in facts)
    connection.execute("SELECT set_config('search_path', %s, false)", row)
    return found
