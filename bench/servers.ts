import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server under measurement. */
export interface Server {
  name: string;
  port: number;
  folder: string;
  /** Milliseconds of CPU, user and system, of all its processes so far. */
  cpu(): number;
  /** Anonymous bytes, without mapped files, and resident bytes, with them. */
  memory(): { anonymous: number; resident: number };
  stop(): Promise<void>;
}

const NGINX = "/usr/sbin/nginx";
const NUBE = new URL("../bin/nube.js", import.meta.url).pathname;
/** The length of a kernel tick: Linux has 100 per second. */
const TICK_MS = 10;

/** @param node Node's own flags */
export async function startNube(
  flags: string[] = [],
  node: string[] = [],
): Promise<Server & { startMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), "nube-bench-"));
  const port = await freePort();
  const begin = performance.now();
  const args = [
    ...node,
    NUBE,
    "start",
    "--port",
    String(port),
    "--data",
    folder,
    "--auth",
    "strict",
    "--log",
    "error",
    ...flags,
  ];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  await answers(port, "/_nube/health");
  const startMs = performance.now() - begin;
  return { ...serverOf("nube", child, port, folder), startMs };
}

/** nginx with `sendfile` and WebDAV, as the limit of a file server: it neither hashes nor syncs. */
export async function startNginx(): Promise<Server> {
  if (!existsSync(NGINX)) throw new Error("the benches compare with nginx: apt-get install nginx-light");
  const folder = await mkdtemp(join(tmpdir(), "nginx-bench-"));
  const port = await freePort();
  mkdirSync(join(folder, "files"), { mode: 0o777 });
  const user = process.getuid?.() === 0 ? "user root;" : "";
  await writeFile(
    join(folder, "nginx.conf"),
    `${user} worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 1024; }
     http {
       access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_max_body_size 0;
       client_body_temp_path ${folder}/temp; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
       uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       server { listen 127.0.0.1:${port} reuseport; root ${folder}/files; dav_methods PUT DELETE; create_full_put_path on; client_body_in_file_only off; }
     }`,
  );
  const child = spawn(NGINX, ["-c", join(folder, "nginx.conf"), "-p", folder], {
    stdio: "ignore",
  });
  await answers(port, "/");
  return serverOf("nginx", child, port, folder);
}

/** Starts a script of the benches, with the name of the server to run and the port as its arguments. */
export async function startScript(name: string, script: string): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-bench-`));
  const port = await freePort();
  const child = spawn(process.execPath, [script, name, String(port)], { stdio: "inherit" });
  await answers(port, "/");
  return serverOf(name, child, port, folder);
}

/** Starts a server from an npm package, with a folder for its data. */
export async function startNpmServer(
  name: string,
  args: (at: { port: number; folder: string }) => string[],
): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-bench-`));
  const port = await freePort();
  const child = spawn(process.execPath, args({ port, folder }), { stdio: "ignore" });
  await answers(port, "/");
  return serverOf(name, child, port, folder);
}

export function serverOf(name: string, child: ChildProcess, port: number, folder: string): Server {
  const pids = () => [child.pid!, ...childrenOf(child.pid!)];
  const status = (field: string) =>
    pids().reduce(
      (sum, pid) =>
        sum + 1_024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(pid, "status"))?.[1] ?? 0),
      0,
    );
  return {
    name,
    port,
    folder,
    cpu: () => pids().reduce((sum, pid) => sum + ticks(read(pid, "stat")) * TICK_MS, 0),
    memory: () => ({ anonymous: status("RssAnon"), resident: status("VmRSS") }),
    async stop() {
      const exited = new Promise((exit) => child.once("exit", exit));
      child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const read = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8");
const ticks = (stat: string) => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

function childrenOf(pid: number): number[] {
  const direct = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return direct.flatMap((child) => [child, ...childrenOf(child)]);
}

async function answers(port: number, path: string): Promise<void> {
  for (let tries = 0; tries < 10_000; tries++) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (response) return void (await response.arrayBuffer());
    await new Promise((again) => setTimeout(again, 1));
  }
  throw new Error(`nothing answers on port ${port}`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
