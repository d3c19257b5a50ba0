-- Gives a schema of bitmart-sync to another login, for example when a superuser has owned it so far. Run it as that superuser,
-- in the database, with the two names corrected; afterwards DATABASE_URL names the new login. Safe to run again.
do $$
declare
  -- the login that runs `migrate` from now on
  new_owner name := 'bitmart_sync';
  -- DATABASE_SCHEMA
  its_schema name := 'bitmart_sync';
  thing text;
begin
  execute format('alter schema %I owner to %I', its_schema, new_owner);
  for thing in
    select format('%I.%I', its_schema, relname) from pg_class
    where relnamespace = its_schema::regnamespace and relkind in ('r', 'p', 'S')
      -- a column's own sequence follows its table
      and not exists (select from pg_depend where objid = pg_class.oid and relkind = 'S' and deptype in ('a', 'i'))
  loop
    execute format('alter table %s owner to %I', thing, new_owner);
  end loop;
  -- Functions of the worker's stay: they run with its rights.
  for thing in
    select pg_proc.oid::regprocedure::text from pg_proc
    where pronamespace = its_schema::regnamespace and pg_get_userbyid(proowner) <> its_schema || '_worker'
  loop
    execute format('alter function %s owner to %I', thing, new_owner);
  end loop;
  for thing in
    select rolname from pg_roles where rolname in (its_schema || '_worker', its_schema || '_client', its_schema || '_reader')
  loop
    execute format('grant %I to %I with %s', thing, new_owner,
      -- Before Postgres 16 a member inherits and may set the role unless its login says otherwise.
      case when current_setting('server_version_num')::int >= 160000 then 'admin true, inherit true, set true' else 'admin option' end);
  end loop;
end $$;
