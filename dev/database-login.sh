#!/bin/sh
# For the image of Postgres in docker-compose.yml, which runs this once, when it makes its data directory: the login that owns
# our schema. It may make roles, which `migrate` does, and is no superuser. The superuser keeps no password, so that only
# somebody inside the container becomes it.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role bitmart_sync login createrole password :'password';
alter database bitmart_sync owner to bitmart_sync;
alter role current_user password null;
SQL
