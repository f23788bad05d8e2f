"""Exports of the catalog as CSV."""

import pytest

from miglint.config.size_exports import read_exports
from miglint.errors import ConfigError
from miglint.model import Name, Size

CLASSES = """oid,relname,relnamespace,relpages,reltuples,reltoastrelid,relkind,relpersistence
1,orders,2200,100,4.1e+07,2,r,p
2,pg_toast_1,99,10,5,0,t,p
3,orders_pkey,2200,50,4.1e+07,0,i,p
4,pg_class,11,50,400,0,r,p
5,events,500,-1,300,0,p,p
6,fresh,500,0,-1,0,r,p
7,passing,600,1,1,0,r,t
8,elsewhere,700,1,1,0,m,p
"""
SCHEMAS = "oid,nspname\n500,app\n"
STATS = """relid,schemaname,relname,seq_scan,idx_scan,n_tup_ins,n_tup_upd,n_tup_del,n_live_tup
1,public,orders,86400,86400,43200,0,0,41000001
6,app,fresh,1,,0,0,0,7
"""


def exports(*texts, seconds=86400.0):
    return read_exports({f"{n}.csv": text.encode() for n, text in enumerate(texts)}, seconds)


def test_three_exports_are_put_together():
    found = exports(CLASSES, SCHEMAS, STATS)

    assert found.tables == {
        Name("public", "orders"): Size(41_000_001, 110 * 8192, reads=2.0, writes=0.5),
        Name("app", "events"): Size(300),
        Name("app", "fresh"): Size(7, reads=0.0, writes=0.0),
    }
    assert found.nameless == 1


def test_one_alone_tells_what_it_knows():
    classes, stats = exports(CLASSES), exports(STATS, seconds=None)

    assert classes.tables == {Name("public", "orders"): Size(41_000_000, 110 * 8192)}
    assert classes.nameless == 3
    assert stats.tables == {
        Name("public", "orders"): Size(41_000_001),
        Name("app", "fresh"): Size(7),
    }


def test_a_schema_can_have_its_name_in_the_export():
    text = "relname,relnamespace,relpages,reltuples\norders,app,1,2\n"

    assert exports(text).tables == {Name("app", "orders"): Size(2, 8192)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0.csv: empty"),
        (
            "a,b\n1,2\n",
            "0.csv: no export of pg_class, pg_namespace or pg_stat_user_tables, with columns a, b",
        ),
        ("relname,reltuples\norders\n", "0.csv:2: 1 values for 2 columns"),
        (
            "relname,reltuples,relnamespace\norders,many,2200\n",
            "0.csv:2: reltuples: expected a number, found 'many'",
        ),
        (
            "relname,reltuples,relnamespace\norders,-2,2200\n",
            "0.csv:2: reltuples: expected a number from 0, found -2",
        ),
        ("relname,reltuples,relnamespace\norders,nan,2200\n", "0.csv:2: reltuples: expected a number from 0"),
        ('relname,reltuples\n"orders\n', "0.csv:2: not CSV: unexpected end of data"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, message):
    with pytest.raises(ConfigError) as raised:
        exports(text)

    assert raised.value.message.startswith(message)


def test_so_is_what_is_no_text():
    with pytest.raises(ConfigError, match=r"a.csv:2: not UTF-8"):
        read_exports({"a.csv": b"relname,reltuples\n\xff"}, None)
