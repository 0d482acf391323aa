import { Pool } from "pg";
import { type Fault, groupCommits } from "./group.ts";
import {
  type Commit,
  FencedError,
  type KeyValueStore,
  LeaseHeldError,
  MAX_PAGE_ROWS,
  type Row,
} from "./kv.ts";
import { grantedLeases } from "./leases.ts";
import { prepareSchema } from "./postgres-schema.ts";
import { openSession } from "./postgres-session.ts";

interface Options {
  /** Connections for reads, leases and commits; one more holds the session. */
  connections?: number;
  /** Milliseconds after which an unresponsive process can lose its leases. */
  leaseTtl?: number;
  /** Milliseconds after which a query is abandoned. */
  timeout?: number;
  fault?: Fault;
}

/**
 * A store in PostgreSQL, shared by any number of processes: one ordered table, and one function that applies
 * a group of commits in one round trip.
 *
 * A commit whose response is lost may or may not have happened. It rejects and ends its lease; acquiring the
 * lease again waits for it, or fences it off if it has not begun.
 */
export async function openPostgres(
  url: string,
  { connections = 10, leaseTtl = 10_000, timeout = 60_000, fault }: Options = {},
): Promise<KeyValueStore> {
  const config = {
    connectionString: url,
    application_name: "nube",
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: timeout,
  };
  const pool = new Pool({ ...config, max: connections });
  // A connection that breaks while idle is replaced at its next use.
  pool.on("error", () => {});

  async function begin() {
    const client = await pool.connect();
    try {
      await prepareSchema(client);
    } finally {
      client.release();
    }
    return openSession(pool, config, leaseTtl);
  }
  const session = await begin().catch(async (error) => {
    await pool.end();
    throw error;
  });

  const leases = grantedLeases();

  async function write(commits: readonly Commit[]): Promise<(Error | undefined)[]> {
    const { rows } = await pool.query<{ refused: number[] }>({
      name: "commit",
      text: "select nube.commit($1, $2, $3, $4, $5, $6, $7) as refused",
      values: packed(commits),
    });
    const refused = new Set(rows[0]!.refused);
    return commits.map(({ lease: { partition, epoch } }, i) =>
      refused.has(i + 1) ? new FencedError(`epoch ${epoch} of ${partition} is over`) : undefined,
    );
  }

  const group = groupCommits(leases, write, fault);

  return {
    async lease(partition, owner) {
      // Also if nothing is known of the lease: a commit whose response was lost may still be in progress.
      const anew = leases.current(partition) === undefined;
      const { rows } = await pool.query<{ epoch: string | null; holder: string }>({
        name: "lease",
        text: "select epoch, holder from nube.take_lease($1, $2, $3, $4)",
        values: [partition, owner, session.number, anew],
      });
      const { epoch, holder } = rows[0]!;
      if (epoch === null) throw new LeaseHeldError(`${partition} is held by ${holder}`);
      const newest = leases.newest(partition);
      // A commit may have failed while the response was under way: then the lease is ended, and stays so.
      if (newest?.epoch === Number(epoch)) return newest;
      return leases.add({ partition, owner, epoch: Number(epoch) });
    },

    async release(lease) {
      leases.remove(lease);
      await pool.query({
        name: "release",
        text: "update nube.lease set owner = null, session = null, epoch = epoch + 1 where partition = $1 and epoch = $2",
        values: [lease.partition, lease.epoch],
      });
    },

    async get(key) {
      const { rows } = await pool.query<Pick<Row, "value">>({
        name: "get",
        text: "select value from nube.kv where key = $1",
        values: [key],
      });
      return rows[0]?.value;
    },

    async range({ start, end, limit, reverse }) {
      const order = reverse ? "desc" : "asc";
      const { rows } = await pool.query<Row>({
        name: `range ${order}`,
        text: `select key, value from nube.kv where key >= $1 and key < $2 order by key ${order} limit $3`,
        values: [start, end, Math.min(limit, MAX_PAGE_ROWS)],
      });
      return rows;
    },

    commit: group.commit,

    async close() {
      await group.settled();
      await session.close();
      await pool.end();
    },
  };
}

/**
 * The arguments of `nube.commit`: PostgreSQL accepts one long byte string much faster than an array of short
 * ones.
 */
function packed(commits: readonly Commit[]): unknown[] {
  const rowCommits: number[] = [];
  const offsets: number[] = [];
  const keyLengths: number[] = [];
  const valueLengths: (number | "null")[] = [];
  const body: Uint8Array[] = [];
  let offset = 0;

  function add(commit: number, key: Uint8Array, value?: Uint8Array): void {
    rowCommits.push(commit + 1);
    offsets.push(offset);
    keyLengths.push(key.length);
    valueLengths.push(value ? value.length : "null");
    body.push(key);
    if (value) body.push(value);
    offset += key.length + (value?.length ?? 0);
  }

  commits.forEach(({ deletes, puts }, i) => {
    for (const key of deletes) add(i, key);
    for (const { key, value } of puts) add(i, key, value);
  });
  return [
    commits.map(({ lease }) => lease.partition),
    `{${commits.map(({ lease }) => lease.epoch)}}`,
    `{${rowCommits}}`,
    `{${offsets}}`,
    `{${keyLengths}}`,
    `{${valueLengths}}`,
    Buffer.concat(body),
  ];
}
