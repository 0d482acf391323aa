import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../../tools/postgres.ts";
import { FencedError, type KeyValueStore, LeaseHeldError } from "./kv.ts";
import { openPostgres } from "./postgres.ts";
import { kvSuite } from "./suite.ts";

let server: Postgres;
let admin: Client;

beforeAll(async () => {
  server = await startPostgres();
  admin = new Client(server.url);
  await admin.connect();
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const clear = async () => {
  await admin.query("drop schema if exists nube cascade");
};

kvSuite("postgres", {
  open: (options) => openPostgres(server.url, options),
  clear,
  persists: true,
  examples: 25,
});

describe("postgres, shared by processes", () => {
  const row = (value: string) => ({
    puts: [{ key: Buffer.from("k"), value: Buffer.from(value) }],
    deletes: [],
  });
  const value = async (store: KeyValueStore) => (await store.get(Buffer.from("k")))?.toString();

  /** Terminates the connections of the most recently opened store, as the server does when it loses them. */
  const cutOff = (session: "session" | "pool") =>
    admin.query(
      `select pg_terminate_backend(pid, 10000) from pg_stat_activity a where application_name = 'nube' and ${session === "session" ? "" : "not"}
       exists (select from pg_locks l where l.pid = a.pid and locktype = 'advisory')`,
    );

  async function pair(): Promise<{ first: KeyValueStore; second: KeyValueStore } & AsyncDisposable> {
    await clear();
    const first = await openPostgres(server.url);
    const second = await openPostgres(server.url);
    return {
      first,
      second,
      async [Symbol.asyncDispose]() {
        await Promise.all([first.close(), second.close()]);
      },
    };
  }

  test("a lease is kept while its process lives, and released when that closes its store", async () => {
    await using stores = await pair();
    const lease = await stores.first.lease("p", "one");
    await expect(stores.second.lease("p", "two")).rejects.toThrow(LeaseHeldError);
    await expect(stores.second.lease("p", "one")).rejects.toThrow(LeaseHeldError);
    await stores.first.commit({ lease, ...row("first") });
    expect(await value(stores.second)).toBe("first");
    await stores.first.close();
    stores.first.close = async () => {};
    expect((await stores.second.lease("p", "two")).epoch).toBeGreaterThan(lease.epoch);
  });

  test("an unresponsive process loses its lease after its time to live, and cannot write any more", async () => {
    await using stores = await pair();
    const old = await stores.first.lease("p", "one");
    await stores.first.commit({ lease: old, ...row("first") });
    await admin.query(
      "update nube.session set expires = clock_timestamp() where number = (select session from nube.lease)",
    );
    const taken = await stores.second.lease("p", "two");
    await stores.second.commit({ lease: taken, ...row("second") });
    await expect(stores.first.commit({ lease: old, ...row("late") })).rejects.toThrow(FencedError);
    expect(await value(stores.first)).toBe("second");
    await expect(stores.first.lease("p", "one")).rejects.toThrow(LeaseHeldError);
  });

  test("a process loses its lease as soon as its connection ends", async () => {
    await using stores = await pair();
    const old = await stores.second.lease("p", "two");
    await cutOff("session");
    const taken = await stores.first.lease("p", "one");
    expect(taken.epoch).toBeGreaterThan(old.epoch);
    await expect(stores.second.commit({ lease: old, ...row("late") })).rejects.toThrow(FencedError);
  });

  test("a process that loses its connection makes another, and keeps the leases that were not taken", async () => {
    await using stores = await pair();
    const patient = await openPostgres(server.url, { leaseTtl: 1_500 });
    try {
      const lease = await patient.lease("p", "one");
      const holder = async () => {
        const { rows } = await admin.query(
          "select pid from pg_locks where locktype = 'advisory' and objid = (select session from nube.lease)",
        );
        return rows[0]?.pid;
      };
      const old = await holder();
      await cutOff("session");
      for (let pid = old; pid === old || !pid; ) pid = await holder();
      await expect(stores.first.lease("p", "two")).rejects.toThrow(LeaseHeldError);
      await patient.commit({ lease, ...row("kept") });
      expect(await value(stores.first)).toBe("kept");
    } finally {
      await patient.close();
    }
  });

  test("in a group, only the commits of a lost partition are refused", async () => {
    await using stores = await pair();
    const { first } = stores;
    const [kept, lost] = [await first.lease("kept", "one"), await first.lease("lost", "one")];
    await admin.query("update nube.lease set epoch = epoch + 1 where partition = 'lost'");
    const put = (lease: typeof kept, key: string) =>
      first.commit({ lease, puts: [{ key: Buffer.from(key), value: Buffer.from(key) }], deletes: [] });
    const outcomes = await Promise.allSettled([
      put(lost, "a"),
      put(kept, "b"),
      put(lost, "c"),
      put(kept, "d"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled"]);
    const rows = await first.range({ start: Buffer.from("a"), end: Buffer.from("z"), limit: 9 });
    expect(rows.map(({ key }) => key.toString())).toEqual(["b", "d"]);
  });

  test("a commit whose response is lost ends the lease, and is decided once the lease is acquired again", async () => {
    await using stores = await pair();
    const { first } = stores;
    const lease = await first.lease("p", "one");
    await first.commit({ lease, ...row("before") });
    // Locks the lease's row, so that the commit is in progress when its connection breaks.
    await admin.query("begin; select from nube.lease for update");
    const commit = first.commit({ lease, ...row("lost") });
    const blocked =
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%nube.commit%'";
    const observer = new Client(server.url);
    await observer.connect();
    while ((await observer.query(blocked)).rowCount === 0);
    await observer.end();
    await Promise.all([expect(commit).rejects.toThrow(/terminat/i), cutOff("pool")]);
    await admin.query("commit");
    await expect(first.commit({ lease, ...row("after") })).rejects.toThrow(FencedError);
    const anew = await first.lease("p", "one");
    expect(anew.epoch).toBeGreaterThan(lease.epoch);
    expect(await value(first)).toBe("before");
    await first.commit({ lease: anew, ...row("anew") });
    expect(await value(first)).toBe("anew");
  });

  test("stores that open concurrently create one schema; that of a newer Nube is left unchanged", async () => {
    await clear();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgres(server.url)));
    await Promise.all(stores.map((store) => store.close()));
    await admin.query("update nube.schema set version = version + 1");
    await expect(openPostgres(server.url)).rejects.toThrow("newer Nube");
  });
});
