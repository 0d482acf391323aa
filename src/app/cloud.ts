import { join } from "node:path";
import { AwsError } from "#aws/errors.ts";
import { type Admin, administer, refusal } from "#gateway/admin.ts";
import { gateway } from "#gateway/gateway.ts";
import type { Certificates } from "#gateway/server/certificates.ts";
import type { Handle, HttpRequest, HttpResponse } from "#gateway/server/http.ts";
import { type Listener, listen } from "#gateway/server/listen.ts";
import { type Cloud, openCloud } from "#kernel/runtime.ts";
import { MasterKeyLostError } from "#kernel/secrets/data-keys.ts";
import { bothLogs, jsonLog, type Log, type LogLevel } from "#lib/log.ts";
import { wallNow } from "#lib/wall.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import { releaseSpareMemory } from "#storage/blobs/file-reader.ts";
import { openFiles } from "#storage/blobs/files.ts";
import { DamagedFileError, type KeyValueStore, LeaseHeldError } from "#storage/kv/kv.ts";
import { removeFormerEras } from "./blob-eras.ts";
import { catalog, endpointHosts, sinks } from "./catalog.ts";
import { AlreadyRunningError, type Control, claim } from "./control.ts";
import { bindStore, type DataFolder, openDataFolder, withoutSecrets } from "./data-folder.ts";
import { endpointOf } from "./endpoint.ts";
import { ExpectedError } from "./expected-error.ts";
import { openLogFile } from "./log-file.ts";
import { loadOrCreateMasterKeys, newMasterKey } from "./master-keys.ts";
import { releaseMemoryWhenIdle } from "./rest.ts";
import type { Config } from "./settings.ts";
import { version } from "./version.ts";

/** A cloud that is listening on a port. */
export interface Running {
  readonly cloud: Cloud;
  readonly endpoint: string;
  readonly port: number;
  readonly folder: DataFolder;
  readonly log: Log;
  /**
   * Stops accepting calls, finishes those in progress within `graceMs`, and closes the store. May be called
   * twice.
   */
  stop(options?: { graceMs: number }): Promise<void>;
  /** Resolves when it has stopped, whatever the cause. */
  readonly stopped: Promise<void>;
}

export interface StartOptions {
  /** Receives log lines of this level and above. */
  terminal?: { level: LogLevel; write: (line: string) => void };
}

const GRACE_MS = 4_000;
/** The names in the certificate for clients that connect by address, or send no name. */
const CERTIFIED_HOSTS = ["localhost", "*.localhost", "127.0.0.1", "::1"];
const CERTIFIED_SUFFIXES = ["localhost", "localhost.localstack.cloud"];

/**
 * Starts a cloud: lock, store, kernel, port, in this order. Stops them in reverse, also if one of them fails
 * to start.
 */
export async function startNube(config: Config, { terminal }: StartOptions = {}): Promise<Running> {
  const started = wallNow();
  const undo: Undo = [];
  try {
    const { folder, control, log } = await enterFolder(config, terminal, undo);
    const cloud = await openRecords(config, folder, log, undo);

    let listener: Listener;
    const certificates = ownCertificates(folder.tls, config.hosts);
    const facts = factsOf(config, folder, { port: () => listener.port, certificates });
    const admin = { version, started, now: wallNow, facts, stop: () => void stop() };
    const handle = gateway(cloud, { ...gatewaySettings(config), endpointHosts, admin });
    listener = await open(config, { handle, certificates, log });
    control.serve(administerLocally({ ...admin, cloud }), (error) =>
      log.error("the control socket failed", { error }),
    );

    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    let stopping = false;
    async function stop({ graceMs } = { graceMs: GRACE_MS }): Promise<void> {
      if (!stopping) {
        stopping = true;
        cloud.waits.end();
        await listener.close({ graceMs });
        log.info("stopped");
        await unwind(undo);
        resolve();
      }
      await stopped;
    }
    const endpoint = endpointOf(config.host, listener.port);
    log.info("started", { endpoint, version, data: config.ephemeral ? undefined : folder.path });
    return { cloud, endpoint, port: listener.port, folder, log, stop, stopped };
  } catch (error) {
    await unwind(undo);
    throw toExpectedError(error, config);
  }
}

/** The actions that undo the steps of a start, in the order of the steps. */
type Undo = (() => Promise<unknown> | unknown)[];

async function unwind(undo: Undo): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

/** Converts errors of the operating system and of the cloud's files to errors that the user can fix. */
function toExpectedError(error: unknown, { data, ephemeral }: Config): unknown {
  if (error instanceof DamagedFileError)
    return new ExpectedError(`${error.message}. Put a copy of ${data} back.`);
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new ExpectedError(`Nube cannot use ${ephemeral ? "its temporary folder" : data}: ${message}`);
}

/** Locks the data folder, and opens its log. */
async function enterFolder(config: Config, terminal: StartOptions["terminal"], undo: Undo) {
  const folder = openDataFolder(config);
  const control = await lock(folder);
  undo.push(folder.discard, control.close);
  if (!config.ephemeral) bindStore(folder, config);
  const { log, flush } = openLog(config, folder, terminal);
  undo.push(flush);
  return { folder, control, log };
}

/** Opens store, blobs and keys, and then the cloud. */
async function openRecords(config: Config, folder: DataFolder, log: Log, undo: Undo): Promise<Cloud> {
  const store = await openStore(config, folder);
  undo.push(store.close);
  const openBlobs = blobStores(config, folder, log);
  const masterKeys = config.ephemeral ? [newMasterKey(1)] : await loadOrCreateMasterKeys(folder.keys);
  const cloud = await openCloud({
    catalog,
    sinks,
    store,
    openBlobs,
    masterKeys,
    log,
    limited: config.limits,
  })
    .catch(refuseSharing)
    .catch(refuseOtherKeys(folder));
  undo.splice(-1, 1, cloud.close); // which closes the store
  const report = (error: unknown) => log.error("the store gave no memory back", { error });
  const rest = async () => {
    releaseSpareMemory();
    await store.rest?.().catch(report);
  };
  undo.push(releaseMemoryWhenIdle(rest));
  return cloud;
}

async function lock(folder: DataFolder): Promise<Control> {
  try {
    return await claim(folder);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    throw new ExpectedError(`Nube is already running on ${folder.path}. See: nube status`);
  }
}

function openLog({ log: level }: Config, folder: DataFolder, terminal: StartOptions["terminal"]) {
  const file = openLogFile(folder.log);
  process.once("exit", file.flush);
  const log = jsonLog(level, file.write);
  return {
    log: terminal ? bothLogs(log, jsonLog(terminal.level, terminal.write)) : log,
    flush() {
      process.off("exit", file.flush);
      file.flush();
    },
  };
}

async function openStore({ ephemeral, store }: Config, folder: DataFolder): Promise<KeyValueStore> {
  if (ephemeral) return (await import("#storage/kv/memory.ts")).openMemory();
  if (store === undefined) {
    const { openEmbedded } = await import("#storage/kv/embedded.ts");
    return openEmbedded({ path: join(folder.store, "records.mdb") });
  }
  const { openPostgres } = await import("#storage/kv/postgres.ts");
  return openPostgres(store).catch((error: NodeJS.ErrnoException) => {
    const why = error.message || error.code;
    throw new ExpectedError(`The store ${withoutSecrets(store)} cannot be opened: ${why}`);
  });
}

/** A database may be used from several folders, so a lease serves as the lock. */
function refuseSharing(error: Error): never {
  throw error instanceof LeaseHeldError ? new ExpectedError("Another Nube is using this store.") : error;
}

function refuseOtherKeys({ keys }: DataFolder) {
  return (error: Error): never => {
    if (!(error instanceof MasterKeyLostError)) throw error;
    throw new ExpectedError(
      `${keys} is not the one that this cloud's data was encrypted with. Put that back.`,
    );
  };
}

function blobStores(
  { ephemeral }: Config,
  { blobs }: DataFolder,
  log: Log,
): (era: number) => Promise<BlobStore> {
  if (ephemeral) return async () => (await import("#storage/blobs/memory.ts")).openMemoryBlobs();
  return async (era) => {
    const files = await openFiles({ path: join(blobs, String(era)) });
    removeFormerEras(blobs, era).catch((error) => log.error("blobs of a former era are left", { error }));
    return files;
  };
}

const gatewaySettings = ({ auth: mode, account, region, hosts }: Config) => ({
  auth: { mode, account, region },
  origins: { hosts },
});

async function open(
  { host, port }: Config,
  { log, ...served }: { handle: Handle; certificates: Certificates; log: Log },
): Promise<Listener> {
  const report = (error: unknown) => log.error("the server failed", { error });
  try {
    return await listen({ host, port, report, ...served });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new ExpectedError(
        `Port ${port} on ${host} is taken, by another Nube or another program. Choose one: --port`,
      );
    }
    if (code === undefined) throw error;
    throw new ExpectedError(`Nube cannot listen on ${host}, port ${port}: ${code}`);
  }
}

/**
 * The certificate authority, loaded by the first TLS connection, or the first request for its certificate.
 */
function ownCertificates(folder: string, hosts: readonly string[]): Certificates {
  let loading: Promise<Certificates> | undefined;
  const own = () =>
    (loading ??= import("#gateway/server/certificates.ts").then(({ certificates }) =>
      certificates({
        folder,
        hosts: [...CERTIFIED_HOSTS, ...hosts],
        suffixes: [...CERTIFIED_SUFFIXES, ...hosts],
      }),
    ));
  return {
    authority: async () => (await own()).authority(),
    standard: async () => (await own()).standard(),
    contextFor: async (host) => (await own()).contextFor(host),
  };
}

function factsOf(
  config: Config,
  folder: DataFolder,
  { port, certificates }: { port: () => number; certificates: Certificates },
): Admin["facts"] {
  return async () => ({
    pid: process.pid,
    endpoint: endpointOf(config.host, port()),
    data: config.ephemeral ? "in memory" : folder.path,
    log: folder.log,
    certificateAuthority: await certificates.authority(),
    auth: config.auth,
    region: config.region,
    account: config.account,
  });
}

/** Serves the control socket. Access to the socket proves ownership of the folder. */
function administerLocally(admin: Admin): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    try {
      return await administer(admin, request);
    } catch (error) {
      if (error instanceof AwsError) return refusal(error);
      throw error;
    }
  };
}
