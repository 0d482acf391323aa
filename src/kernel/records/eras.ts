import type { CloudClock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { weakCache } from "#lib/weak-cache.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { sweepIntents } from "../blobs.ts";
import type { Ports } from "../ports.ts";
import type { DataKeys, MasterKey } from "../secrets/data-keys.ts";
import { type Notary, openNotary } from "../secrets/notary.ts";
import { openTrail } from "../trail/trail.ts";
import type { JobRunner } from "../work/jobs.ts";
import { restoreClock } from "../work/time.ts";
import type { Place, Scope } from "./collection.ts";
import {
  type Era,
  enterStore,
  eraPrefix,
  openSealer,
  rememberMasters,
  sweepFormerEras,
  writeEra,
} from "./era.ts";
import { type Home, homeName, openHome, registeredHomes } from "./home.ts";

/** The current era of a cloud, and the transition to the next. */
export interface Eras {
  readonly current: Era;
  /** Resumes the pending work of earlier processes and deletes the data of earlier eras. */
  resume(): void;
  /** Resolves when that is done. Only changes of the clock, a reset and closing wait for it. */
  readonly resumed: Promise<void>;
  /** A home of the current era, opened on first use. */
  home(service: string, scope: Scope, place: Place): Home;
  /** The home of the kernel's own records. */
  kernelHome(): Home;
  notary(): Promise<Notary>;
  /** Ends the current era and begins a new, empty one. */
  startOver(): Promise<void>;
  close(): Promise<void>;
}

export interface ErasOptions {
  store: KeyValueStore;
  owner: string;
  /** Opens the blobs of one era and deletes those of earlier ones. */
  openBlobs(era: number): Promise<BlobStore>;
  masterKeys: readonly MasterKey[];
  keys: DataKeys;
  clock: CloudClock;
  random: Random;
  ports: Ports;
  log: Log;
  jobs: JobRunner;
  /** Called after an era has ended and before the next begins. */
  betweenEras(): void;
}

/** Unused homes that are kept in memory. It is bounded because each call to a new account opens one. */
const MAX_HELD_HOMES = 2_000;

const NOWHERE: Place = { account: "", region: "" };

export async function openEras(options: ErasOptions): Promise<Eras> {
  const { store, owner, keys, clock, random, ports, log, jobs } = options;
  const { era: first, process, lease } = await enterStore(store, owner);
  const means = { process, owner, store, clock, random, keys, ports, log, claim: jobs.schedule };

  function homeIn(
    of: Pick<Era, "prefix" | "homes"> & { ended?: boolean },
    service: string,
    scope: Scope,
    place: Place,
  ): Home {
    const whose = { service, scope, place };
    const name = homeName(whose);
    const existing = of.homes.get(name);
    if (existing) return existing;
    const home = openHome({ era: of.prefix, ...whose, ...means });
    of.homes.set(name, home);
    if (of.ended) void home.close();
    return home;
  }

  async function openEra(number: number, written?: number): Promise<Era> {
    const prefix = eraPrefix(number);
    const homes = weakCache<Home>(MAX_HELD_HOMES);
    const opened = { number, prefix, files: await options.openBlobs(number), homes };
    const kernel = homeIn(opened, "kernel", "partition", NOWHERE);
    const trailHome = homeIn(opened, "trail", "partition", NOWHERE);
    await restoreClock(clock, kernel, written);
    await rememberMasters(kernel, options.masterKeys);
    return {
      ...opened,
      seal: await openSealer(kernel),
      trail: openTrail({ write: trailHome.write, log }),
      ended: false,
    };
  }

  async function endEra(era: Era): Promise<void> {
    await era.trail.flush().catch((error) => log.error("the trail could not be written", { error }));
    era.ended = true;
    for (const home of era.homes.values()) await home.close().catch(() => {});
  }

  async function resumeWork(of: Era): Promise<void> {
    for await (const { service, scope, place } of registeredHomes(store, of.prefix)) {
      const home = homeIn(of, service, scope, place);
      await sweepIntents(home, of.files);
      await jobs.open(home);
    }
    await sweepFormerEras(store, owner, of.number);
  }

  function notaryOf(of: Era): Promise<Notary> {
    return (of.notary ??= openNotary(homeIn(of, "kernel", "partition", NOWHERE), clock).catch((error) => {
      delete of.notary;
      throw error;
    }));
  }

  let current = await openEra(first, store.written);
  let resumed = Promise.resolve();

  function resume(): void {
    resumed = resumeWork(current).catch((error) => log.error("former work could not be resumed", { error }));
  }

  return {
    get current() {
      return current;
    },
    resume,
    get resumed() {
      return resumed;
    },
    home: (service, scope, place) => homeIn(current, service, scope, place),
    kernelHome: () => homeIn(current, "kernel", "partition", NOWHERE),
    notary: () => notaryOf(current),
    async startOver() {
      const former = current;
      await resumed;
      await endEra(former);
      options.betweenEras();
      await writeEra(store, owner, former.number + 1);
      current = await openEra(former.number + 1);
      await former.files.close();
      resume();
    },
    async close() {
      await endEra(current);
      await current.files.close();
      await store.release(lease);
    },
  };
}
