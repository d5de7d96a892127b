import sqlite3

from sqlalchemy.exc import DBAPIError

from shared.persistence.engine import connect


def test_an_error_of_the_database_never_repeats_the_values_of_its_statement() -> None:
    engine = connect("postgresql://someone:word@127.0.0.1:1/db")
    hidden = engine.sync_engine.hide_parameters
    error = DBAPIError("INSERT INTO dossier", {"text": "王某 13800138000"}, sqlite3.Error("x"), hide_parameters=hidden)
    assert "13800138000" not in str(error)
