/**
 * A temporary PostgreSQL server for tests: fresh data in a temporary folder, deleted with the process that started it.
 * Run directly, this prints its URL and runs until it is interrupted.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Postgres {
  url: string;
  stop(): Promise<void>;
}

/** @throws {Error} says what to install, if there is no server */
export async function startPostgres(): Promise<Postgres> {
  const programs = findPrograms();
  const user = await unprivileged();
  // Not the system's temporary folder, whose path may be too long or inaccessible to the other user.
  const folder = await mkdtemp("/tmp/nube-postgres-");
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid!);
  const data = join(folder, "data");
  const options = { ...user, cwd: folder, env: { LC_ALL: "C", TZ: "UTC" } };
  await run(
    join(programs, "initdb"),
    ["-D", data, "-U", "nube", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"],
    options,
  );

  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    max_connections: 50,
  };
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  );
  const remove = () => {
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  process.once("exit", remove);
  await ready(server);
  return {
    url: `postgres://nube@127.0.0.1:${port}/postgres`,
    async stop() {
      process.removeListener("exit", remove);
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGQUIT");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The newest version that Debian has installed, which is not on the path, or the one on the path. */
function findPrograms(): string {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(":"),
  ];
  const installed = folders.find(
    (folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb")),
  );
  if (!installed) throw new Error("No PostgreSQL server here. On Debian: apt-get install postgresql");
  return installed;
}

/** PostgreSQL refuses to run as root; its Debian package creates a user for it. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (userInfo().uid !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]).catch(() => undefined);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody");
}

/** A port below the kernel's range for outgoing connections, so that none of them takes it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (crypto.getRandomValues(new Uint16Array(1))[0]! % 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer()
        .once("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function ready(server: ChildProcess): Promise<void> {
  let log = "";
  server.stderr!.setEncoding("utf8");
  const started = new Promise<void>((resolve, reject) => {
    server.stderr!.on("data", (text: string) => {
      if (log.length < 100_000) log += text;
      if (log.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`PostgreSQL exited with ${code}:\n${log}`)));
  });
  await Promise.race([
    started,
    sleep(30_000, undefined, { ref: false }).then(() =>
      Promise.reject(new Error(`PostgreSQL does not start:\n${log}`)),
    ),
  ]);
}

if (import.meta.main) {
  const server = await startPostgres();
  console.log(server.url);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => server.stop().then(() => process.exit()));
}
