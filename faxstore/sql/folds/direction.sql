-- The direction of a fax: sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if the
-- operation is none of these.
-- example: select fax.direction('send');
create function fax.direction(operation text) returns text
language sql immutable parallel safe
begin atomic
    select case operation when 'send' then 'sent' when 'receive' then 'received' when 'gateway' then 'gateway' when 'V.21' then 'detector' end;
end;
