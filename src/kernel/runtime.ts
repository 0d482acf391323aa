import { notImplemented } from "#aws/errors.ts";
import { withoutRaw } from "#aws/protocols/json/raw.ts";
import { type CloudClock, cloudClock } from "#lib/clock.ts";
import { coalesced } from "#lib/coalesce.ts";
import type { Log } from "#lib/log.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import { random as openRandom, type Random } from "#lib/random.ts";
import { wallNow } from "#lib/wall.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { removeBlob } from "./blobs.ts";
import { CallContext } from "./calls/call-context.ts";
import { type Clients, clients } from "./calls/clients.ts";
import { type Faults, openFaults } from "./calls/faults.ts";
import { openGate } from "./calls/gate.ts";
import { type Call, invoke } from "./calls/invoke.ts";
import { type Principal, serviceNamed } from "./calls/principal.ts";
import { openWaits, type Waits } from "./calls/waits.ts";
import type { RequestFacts } from "./context.ts";
import { type LetterBox, openLetters } from "./delivery/letters.ts";
import type { Ports, Sinks } from "./ports.ts";
import type { Place } from "./records/collection.ts";
import { openEras } from "./records/eras.ts";
import { frozen } from "./records/frozen.ts";
import { type DataKeys, dataKeys, type MasterKey } from "./secrets/data-keys.ts";
import type { Notary } from "./secrets/notary.ts";
import type { Sealer } from "./secrets/seal.ts";
import type { Service } from "./service.ts";
import type { Trail } from "./trail/trail.ts";
import { type Job, jobRunner } from "./work/jobs.ts";
import { forwardObservations } from "./work/outbox.ts";
import { openScheduler } from "./work/scheduler.ts";
import { keepLead, openTime, rememberClock, type Time } from "./work/time.ts";

/** A running cloud, as used by the gateway, the command and the tests. */
export interface Cloud {
  readonly clock: CloudClock;
  readonly time: Time;
  readonly random: Random;
  readonly log: Log;
  readonly ports: Ports;
  readonly faults: Faults;
  readonly trail: Trail;
  readonly seal: Sealer;
  readonly letters: LetterBox;
  notary(): Promise<Notary>;
  readonly keys: DataKeys;
  /** The waits of long polls. */
  readonly waits: Waits;
  /** Calls `then` once the cloud's clock reaches `due`; the returned function cancels it. */
  at(due: number, then: () => void): () => void;
  /** Ids of the services that enforce throughput limits. */
  readonly limited: ReadonlySet<string>;
  /** Ids of the services in the catalog. */
  readonly services: readonly string[];
  /** Loads a service at its first use; `undefined` if the catalog has none of that id. */
  service(id: string): MaybePromise<Service | undefined>;
  /** A call from outside. */
  invoke(call: Call): Promise<object>;
  /** A call from one service to another. */
  call(call: ServiceCall): Promise<object>;
  /**
   * Clients for every service that act as `principal`; `request` is the HTTP request behind their calls, if
   * any.
   */
  clients(principal: Principal, place: Place, request?: RequestFacts): Clients;
  context(
    call: Pick<Call, "principal" | "place" | "requestId" | "request" | "calledVia"> & {
      service: Pick<Service, "store" | "scope"> & { denied?: Service["denied"] | undefined };
    },
  ): CallContext;
  /** Empties the cloud. Resolves when none of its data can come back. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface ServiceCall extends Omit<Call, "service" | "operation" | "requestId"> {
  service: string;
  operation: string;
}

/** Services by id, loaded on first use. */
export type Catalog = Readonly<Record<string, () => Promise<Service>>>;

export interface CloudOptions {
  catalog: Catalog;
  store: KeyValueStore;
  /** Opens the blobs of one era and deletes those of earlier ones. */
  openBlobs(era: number): Promise<BlobStore>;
  /** All master keys that bodies at rest have been encrypted with, the newest last. */
  masterKeys: readonly MasterKey[];
  log: Log;
  /** The services that enforce AWS's throughput limits; none by default. */
  limited?: readonly string[];
  /** The destinations of observations, set before the first one is made. */
  sinks?: Sinks;
  /**
   * Freezes the input of every call between services, so that a handler that modifies its input fails in
   * tests.
   */
  freezeInputs?: boolean;
  /** For tests. */
  wall?: () => number;
  random?: Random;
}

const OWN_JOBS: readonly Job<never>[] = [removeBlob as Job<never>, forwardObservations as Job<never>];

export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const { catalog, store, openBlobs, masterKeys, log, random = openRandom() } = options;
  const keys = dataKeys(masterKeys);
  const ports: Ports = { sinks: { ...options.sinks } };
  const faults = openFaults();
  const clock = cloudClock(options.wall ?? wallNow);
  const kernelHome = () => eras.kernelHome();
  const scheduler = openScheduler(clock, log, (frozen) => rememberClock(clock, kernelHome(), frozen));
  const service = loader(catalog, ports);

  const jobs = jobRunner({
    scheduler,
    log,
    async find(id, name) {
      return OWN_JOBS.find((own) => own.name === name) ?? (await service(id))?.jobs.get(name);
    },
    context(home, record, slot) {
      const { files } = eras.current;
      const principal = serviceNamed(`${record.service}.amazonaws.com`);
      const requestId = random.uuid();
      return new CallContext({ cloud, home, files, principal, place: record.place, requestId, slot });
    },
  });

  const eras = await openEras({
    store,
    owner: random.uuid(),
    openBlobs,
    masterKeys,
    keys,
    clock,
    random,
    ports,
    log,
    jobs,
    betweenEras() {
      scheduler.clear();
      faults.set([]);
    },
  });

  const gate = openGate();
  const waits = openWaits(scheduler, clock.now);
  const time = openTime(clock, scheduler, kernelHome);

  const cloud: Cloud = {
    clock,
    random,
    keys,
    log,
    ports,
    faults,
    waits,
    at: (due, then) => scheduler.at(due, async () => then()),
    limited: new Set(options.limited),
    services: Object.keys(catalog),
    service,
    time: {
      freeze: time.freeze,
      resume: time.resume,
      advance: (milliseconds) => eras.resumed.then(() => time.advance(milliseconds)),
      runUntilIdle: (horizon) => eras.resumed.then(() => time.runUntilIdle(horizon)),
    },
    get trail() {
      return eras.current.trail;
    },
    get seal() {
      return eras.current.seal;
    },
    letters: openLetters(kernelHome),
    notary: eras.notary,
    invoke: (call) => gate.pass(() => invoke(cloud, call)),
    async call({ service: id, operation: name, input: unfrozen, ...from }) {
      const input = options.freezeInputs ? frozen(unfrozen) : unfrozen;
      const definition = await service(id);
      const operation = definition?.contract.operation(name);
      if (!definition || !operation) throw notImplemented(`${id}:${name}`);
      return withoutRaw(
        await invoke(cloud, { ...from, service: definition, operation, input, requestId: random.uuid() }),
      );
    },
    clients: (principal, place, request) =>
      clients((service, operation, input) =>
        cloud.call({ service, operation, input, principal, place, request }),
      ),
    context({ service: { store: records, scope, denied }, principal, place, requestId, request, calledVia }) {
      const home = eras.home(records, scope, place);
      const { files } = eras.current;
      return new CallContext({
        cloud,
        home,
        files,
        principal,
        place,
        requestId,
        request,
        calledVia,
        denied,
      });
    },
    reset: coalesced(() => {
      const done = gate.alone(RESET_PATIENCE_MS, eras.startOver);
      waits.end();
      return done;
    }),
    async close() {
      waits.end();
      await eras.resumed;
      await scheduler.close();
      await keepLead(clock, kernelHome()).catch((error) =>
        log.error("the clock could not be stored", { error }),
      );
      await eras.close();
      await store.close();
    },
  };
  eras.resume();
  return cloud;
}

/** Returns a function that loads a service at its first use. */
function loader(catalog: Catalog, ports: Ports): Cloud["service"] {
  const loaded = new Map<string, MaybePromise<Service>>();
  return (id) => {
    const existing = loaded.get(id);
    if (existing) return existing;
    const load = catalog[id];
    if (!load) return undefined;
    const loading = load().then((definition) => {
      definition.open(ports);
      loaded.set(id, definition);
      return definition;
    });
    loaded.set(id, loading);
    loading.catch(() => loaded.delete(id));
    return loading;
  };
}

/** How long a reset waits for calls in progress. Calls that take longer, such as uploads, then fail. */
const RESET_PATIENCE_MS = 2_000;
