"""Prints the sums of fax.usage, computed by another program from the rows of an archive.

    PYTHONPATH=PACKAGES python tests/peers/archive_sums.py spark|polars|duckdb|pandas ARCHIVE...

One JSON list per archive, month and server, in any order: the archive, month, server, sessions, pages, bad lines,
seconds.  This program is all that its reader needs: it imports nothing of faxstore.  The rules are those of
docs/explanation/numbers.md for sessions with one observer.  A fax ends with its completion event, or else when a list
lacks it.  The last count of a page is its bad lines, and only a receiver without ECM counts them.  A tone detector
(V.21) is no fax.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

QUERY = """
with page as (
    select month, server, session_id, page_number, total_bad_lines,
           row_number() over (partition by session_id, page_number order by observed_at desc) as latest
    from archive where event = 'FAXSession' and operation = 'receive' and not error_correction_mode
),
session as (
    select month, server, session_id,
           max(greatest(coalesce(pages_transmitted, 0), coalesce(pages_received, 0))) as pages,
           coalesce(max(case when event in ('SendFAX', 'ReceiveFAX') then observed_at end),
                    min(case when event = 'Gone' then observed_at end)) as ended_at,
           min(started_at) as started_at
    from archive group by month, server, session_id
    having max(case when operation = 'V.21' then 1 else 0 end) = 0
),
measured as (
    select p.session_id, sum(p.total_bad_lines) as bad_lines
    from page p join session s on s.session_id = p.session_id and p.page_number between 1 and s.pages
    where p.latest = 1 group by p.session_id
)
select s.month, s.server, count(*) as sessions, sum(s.pages) as pages, sum(m.bad_lines) as bad_lines,
       sum({microseconds}) as microseconds
from session s left join measured m on m.session_id = s.session_id
group by s.month, s.server
"""


def spark(folder: str) -> Any:
    """By Spark SQL, in this process's own Java."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # a server called 10 is a text
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        # a few rows: compiling takes longer than running
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.read.parquet(folder).createOrReplaceTempView("archive")
    return session.sql(QUERY.format(microseconds="unix_micros(s.ended_at) - unix_micros(s.started_at)")).collect()


def duckdb(folder: str) -> Any:
    """By DuckDB."""
    import duckdb

    with duckdb.connect() as connection:
        files = f"{folder}/**/*.parquet".replace("'", "''")
        connection.execute(
            f"create view archive as select * from read_parquet('{files}', hive_partitioning = true,"
            " hive_types = {'month': varchar, 'server': varchar})"
        )
        return connection.execute(QUERY.format(microseconds="epoch_us(s.ended_at) - epoch_us(s.started_at)")).fetchall()


def polars(folder: str) -> Any:
    """By expressions of Polars."""
    import polars as pl

    rows = pl.scan_parquet(
        f"{folder}/**/*.parquet", hive_partitioning=True, hive_schema={"month": pl.String, "server": pl.String}
    )
    completed = pl.col("observed_at").filter(pl.col("event").is_in(["SendFAX", "ReceiveFAX"])).max()
    ended = pl.coalesce(completed, pl.col("observed_at").filter(pl.col("event").eq("Gone")).min())
    session = rows.group_by("month", "server", "session_id").agg(
        pl.max_horizontal(pl.col("pages_transmitted").max(), pl.col("pages_received").max())
        .fill_null(0)
        .alias("pages"),
        (ended - pl.col("started_at").min()).dt.total_microseconds().alias("spent"),
        pl.col("operation").eq("V.21").any().alias("is_detector"),
    )
    session = session.filter(~pl.col("is_detector"))
    measured = pl.col("operation").eq("receive") & pl.col("error_correction_mode").eq(False)
    bad_lines = (
        rows.filter(measured & pl.col("event").eq("FAXSession"))
        .sort("observed_at")
        .group_by("session_id", "page_number")
        .agg(pl.col("total_bad_lines").last())
        .join(session.select("session_id", "pages"), on="session_id")
        .filter(pl.col("page_number").is_between(1, pl.col("pages")))
        .group_by("session_id")
        .agg(pl.col("total_bad_lines").sum().alias("bad_lines"))
    )
    sums = session.join(bad_lines, on="session_id", how="left").group_by("month", "server")
    columns = (pl.len(), pl.col("pages").sum(), pl.col("bad_lines").sum(), pl.col("spent").sum())
    return sums.agg(*columns).collect().rows()


def pandas(folder: str) -> Any:
    """By pandas, which reads with pyarrow."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds

    names = pa.schema([("month", pa.string()), ("server", pa.string())])
    rows = ds.dataset(folder, partitioning=ds.partitioning(names, flavor="hive")).to_table().to_pandas()
    rows["page"] = rows[["pages_transmitted", "pages_received"]].max(axis=1)
    rows["completed_at"] = rows["observed_at"].where(rows["event"].isin(["SendFAX", "ReceiveFAX"]))
    rows["gone_at"] = rows["observed_at"].where(rows["event"] == "Gone")
    rows["is_detector"] = rows["operation"] == "V.21"
    session = rows.groupby(["month", "server", "session_id"]).agg(
        pages=("page", "max"),
        completed_at=("completed_at", "max"),
        gone_at=("gone_at", "min"),
        started_at=("started_at", "min"),
        is_detector=("is_detector", "max"),
    )
    session = session[~session["is_detector"]]
    ended_at = session["completed_at"].fillna(session["gone_at"])
    session["spent"] = (ended_at - session["started_at"]) // pd.Timedelta(microseconds=1)
    counted = rows[(rows["event"] == "FAXSession") & (rows["operation"] == "receive")]
    counted = counted[counted["error_correction_mode"] == False].sort_values("observed_at")  # noqa: E712
    last = counted.groupby(["session_id", "page_number"])["total_bad_lines"].last().reset_index()
    last = last.join(session["pages"].droplevel(["month", "server"]), on="session_id")
    last = last[(last["page_number"] >= 1) & (last["page_number"] <= last["pages"])]
    session = session.join(last.groupby("session_id")["total_bad_lines"].sum().rename("bad_lines"))
    sums = session.groupby(["month", "server"]).agg(
        sessions=("pages", "size"), pages=("pages", "sum"), bad_lines=("bad_lines", "sum"), spent=("spent", "sum")
    )
    return sums.reset_index().itertuples(index=False)


READERS: dict[str, Callable[[str], Any]] = {
    "spark": spark, "polars": polars, "duckdb": duckdb, "pandas": pandas,
}  # fmt: skip


if __name__ == "__main__":
    reader, *archives = sys.argv[1:]
    for archive in archives:
        for month, server, *figures in READERS[reader](archive):
            *counts, microseconds = (int(figure) for figure in figures)
            print(json.dumps([archive, month, server, *counts, microseconds / 1e6]))
