-- Records what the database retains of the packed sessions of a month whose rows leave it.
insert into fax.dropped_session (
    session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at,
    hung_up_at, server, moments)
select
    p.session_id, p.started_at, p.first_observed_at, p.last_observed_at, p.first_position, p.last_position,
    p.completed_at, p.hung_up_at, s.server, array(select r.observed_at from unnest(p.rows) r)
from fax.session_pack p
join fax.session s on s.session_id = p.session_id
where p.started_at >= %(began)s and p.started_at < %(ends)s
