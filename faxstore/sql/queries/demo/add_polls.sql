-- Adds the polls of a server between two moments, as its collector would have recorded them: the first one, and then one
-- every two minutes, which is often enough for fax.polled_time(). Returns their number.
select count(fax.add_server_row(%(server)s, n.at, 'Polled', %(collector)s, null))
from generate_series(%(since)s::timestamptz, %(until)s::timestamptz, interval '2 minutes') n (at)
