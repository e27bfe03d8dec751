-- The servers with sessions that started in a period, with their number, of a month to archive.
select s.server, count(*) from fax.session s
where s.started_at >= %(began)s and s.started_at < %(ends)s
group by s.server order by s.server
