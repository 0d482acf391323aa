import type { ClientBase } from "pg";

/** The first half of Nube's advisory lock ids: its name in ASCII. */
export const LOCKS = 0x6e756265;
/** The second half of the lock for schema changes; sessions count from 1. */
const SCHEMA_LOCK = 0;

/**
 * Brings the schema up to date, one process at a time.
 * @throws {Error} if a newer version of Nube has changed it
 */
export async function prepareSchema(client: ClientBase): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1, $2)", [LOCKS, SCHEMA_LOCK]);
    await client.query("create schema if not exists nube");
    await client.query("create table if not exists nube.schema (version int not null)");
    const { rows } = await client.query<{ version: number }>("select version from nube.schema");
    const version = rows[0]?.version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new Error(
        `the database has schema ${version}, made by a newer Nube; this one knows ${MIGRATIONS.length}`,
      );
    }
    for (const step of MIGRATIONS.slice(version)) await client.query(step);
    await client.query("delete from nube.schema");
    await client.query("insert into nube.schema values ($1)", [MIGRATIONS.length]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

const TABLES = `
create table nube.kv (key bytea primary key, value bytea not null);
-- Compressing would cost more time than it saves space in rows of this size.
alter table nube.kv alter column value set storage external;

-- A session is an open store. It lives while its connection holds the advisory lock of its number, or,
-- where the loss of the connection has not been noticed, until it expires.
create sequence nube.session_number as int cycle;
create table nube.session (number int primary key, expires timestamptz not null);

-- Rows stay when a lease is given back, so that its epochs go on.
create table nube.lease (partition text primary key, epoch bigint not null, owner text, session int);
`;

/**
 * Returns the epoch, or no epoch and the current holder. `anew` requests a higher epoch even if `who` holds
 * the lease.
 */
const TAKE_LEASE = `
create function nube.take_lease(wanted text, who text, its_session int, anew boolean, out epoch bigint, out holder text)
language plpgsql as $$
declare
  held nube.lease;
begin
  insert into nube.lease values (wanted, 0) on conflict do nothing;
  select * into held from nube.lease where partition = wanted for update;
  if held.owner = who and held.session = its_session then
    epoch := held.epoch + anew::int;
  elsif held.owner is null or nube.is_over(held.session) then
    epoch := held.epoch + 1;
  else
    holder := held.owner;
    return;
  end if;
  update nube.lease l set epoch = take_lease.epoch, owner = who, session = its_session where l.partition = wanted;
end $$;

create function nube.is_over(its_number int) returns boolean language sql as $$
  select not exists (select from nube.session where number = its_number and expires > clock_timestamp())
    or pg_try_advisory_xact_lock(${LOCKS}, its_number)
$$;
`;

/**
 * Applies a group of commits and returns the numbers, from 1, of those whose epoch is not the newest; they
 * have no effect. It locks the rows of the leases, so that a process that takes one over waits until the
 * group is committed or rolled back.
 *
 * `body` holds the rows of all commits one after another, each key before its value; a deleted key has none.
 * If a key is changed several times, the last change counts.
 */
const COMMIT = `
create function nube.commit(
  partitions text[], epochs bigint[],
  row_commits int[], row_offsets int[], key_lengths int[], value_lengths int[], body bytea
) returns int[]
language plpgsql
-- A plan that was made while the table was small must not be kept for when it is large.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  refused int[];
begin
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  perform from nube.lease where partition = any (partitions) order by partition for share;
  select coalesce(array_agg(c.number::int), '{}') into refused
    from unnest(partitions, epochs) with ordinality as c (partition, epoch, number)
    left join nube.lease l on l.partition = c.partition
    where l.epoch is distinct from c.epoch;

  with changes as materialized (
    select distinct on (key) key, value from (
      select
        number,
        substring(body from row_offset + 1 for key_length) as key,
        case when value_length is not null then substring(body from row_offset + key_length + 1 for value_length) end as value
      from unnest(row_commits, row_offsets, key_lengths, value_lengths) with ordinality
        as r (row_commit, row_offset, key_length, value_length, number)
      where row_commit <> all (refused)
    ) as applied
    order by key, number desc
  ), deleted as (
    delete from nube.kv using changes where kv.key = changes.key and changes.value is null
  )
  insert into nube.kv select key, value from changes where value is not null order by key
    on conflict (key) do update set value = excluded.value;
  return refused;
end $$;
`;

/** Each step brings the schema one version further. A released step never changes. */
const MIGRATIONS = [TABLES + TAKE_LEASE + COMMIT];
