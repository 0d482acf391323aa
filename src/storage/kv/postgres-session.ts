import { Client, type ClientConfig, type Pool } from "pg";
import { LOCKS } from "./postgres-schema.ts";

/** Proof for other processes that this one is alive, which keeps its leases. */
export interface Session {
  number: number;
  /** Ends the session and all leases under it. */
  close(): Promise<void>;
}

/**
 * Begins a session: a dedicated connection holds an advisory lock, which the server frees as soon as it
 * notices the loss of the connection. In case the server does not notice, a row holds the session's expiry,
 * which is renewed three times in `ttl` milliseconds. Only the server's clock decides about expiry.
 */
export async function openSession(pool: Pool, config: ClientConfig, ttl: number): Promise<Session> {
  const { rows } = await pool.query<{ number: number }>(
    "select nextval('nube.session_number')::int as number",
  );
  const { number } = rows[0]!;
  let client: Client | undefined;
  let locked = false;
  let renewing: Promise<void> | undefined;

  async function connect(): Promise<Client> {
    const connection = new Client(config);
    const lost = () => {
      if (client === connection) client = undefined;
    };
    connection.on("error", lost).on("end", lost);
    await connection.connect();
    locked = false;
    return connection;
  }

  async function renew(): Promise<void> {
    try {
      client ??= await connect();
      // Does not wait for the lock: a broken connection that still holds it also represents this session.
      if (!locked) {
        const lock = await client.query("select pg_try_advisory_lock($1::int, $2) as locked", [
          LOCKS,
          number,
        ]);
        locked = lock.rows[0].locked;
      }
      await client.query(
        `insert into nube.session values ($1, clock_timestamp() + $2 * interval '1 ms')
         on conflict (number) do update set expires = excluded.expires`,
        [number, ttl],
      );
    } catch (error) {
      const broken = client;
      client = undefined;
      await broken?.end().catch(() => {});
      throw error;
    }
  }

  await pool.query("delete from nube.session where expires < clock_timestamp() - interval '1 day'");
  await renew();
  const timer = setInterval(() => {
    // If it fails, the next interval tries a new connection; until one succeeds the leases may expire, and
    // commits will fail.
    renewing ??= renew()
      .catch(() => {})
      .finally(() => {
        renewing = undefined;
      });
  }, ttl / 3);
  timer.unref();

  return {
    number,
    async close() {
      clearInterval(timer);
      await renewing;
      await pool
        .query("update nube.lease set owner = null, session = null, epoch = epoch + 1 where session = $1", [
          number,
        ])
        .catch(() => {});
      await client?.end().catch(() => {});
    },
  };
}
