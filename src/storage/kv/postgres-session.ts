import { Client, type ClientConfig, type Pool } from "pg";
import { LOCKS } from "./postgres-schema.ts";

/** What tells others that this process lives, and so keeps its leases. */
export interface Session {
  number: number;
  /** Gives up the session and all leases under it. */
  close(): Promise<void>;
}

/**
 * Begins a session: a connection of its own holds an advisory lock, which the server frees the moment it sees the
 * connection gone. Where the server does not see that, a row says until when the session is to be believed in; it is renewed
 * three times in `ttl` milliseconds. Expiry is judged by the server's clock alone.
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
      // Not waiting for the lock: should a connection that broke still have it, it speaks for this session as well.
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
    // If it fails, the next turn tries a new connection; until one succeeds the leases run out, and commits will tell.
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
