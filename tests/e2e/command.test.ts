import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nube, startServer, temporaryFolder } from "./harness.ts";

describe("a data folder and a port belong to one cloud", () => {
  test("a second start on the same folder reports it and exits with 1", async () => {
    const data = await temporaryFolder();
    await startServer("--data", data);
    const second = await nube("start", "--port", "0", "--data", data);
    expect(second).toMatchObject({
      code: 1,
      stderr: `Nube is already running on ${data}. See: nube status\n`,
    });
  });

  test("a folder stays locked if its socket is deleted", async () => {
    const data = await temporaryFolder();
    const first = await startServer("--data", data);
    await rm(join(data, "nube.sock"));
    const second = await nube("start", "--port", "0", "--data", data);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("already running") });
    await first.end("SIGTERM");
    await startServer("--data", data);
  });

  test("a second start on the same port reports it and leaves its folder unlocked", async () => {
    const { port } = await startServer("--ephemeral");
    const data = await temporaryFolder();
    const second = await nube("start", "--port", String(port), "--data", data);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(await readdir(data)).not.toContain("nube.sock");
  });

  test("a second start in memory does not delete the folder of the first", async () => {
    const { port, end } = await startServer("--ephemeral");
    await end("SIGTERM");
    const where = ["--ephemeral", "--port", String(port)];
    await startServer(...where);
    for (const _ of ["first", "second"]) {
      const { code, stderr } = await nube("start", ...where);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("already running") });
    }
    expect((await nube("status", ...where)).code).toBe(0);
  });

  test("an unreachable store is named in the error without its password", async () => {
    const data = await temporaryFolder();
    const { code, stderr } = await nube(
      "start",
      "--port",
      "0",
      "--data",
      data,
      "--store",
      "postgres://u:secret@127.0.0.1:1/db",
    );
    expect({ code, lines: stderr.trim().split("\n") }).toEqual({
      code: 1,
      lines: [expect.stringContaining("The store postgres://127.0.0.1:1/db cannot be opened")],
    });
    expect(stderr).not.toContain("secret");
  });

  test("the lock of a killed server does not prevent the next start", async () => {
    const data = await temporaryFolder();
    expect(await (await startServer("--data", data)).end("SIGKILL")).toBe("SIGKILL");
    expect(await readdir(data)).toContain("nube.sock");
    expect(await (await startServer("--data", data)).end("SIGTERM")).toBe(0);
  });

  test("of many concurrent starts after a kill, one succeeds", async () => {
    // The race of two starts occurs only once in many rounds.
    for (let round = 0; round < 8; round++) {
      const data = await temporaryFolder();
      await (await startServer("--data", data)).end("SIGKILL");
      const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startServer("--data", data)));
      expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    }
  });

  test("a data folder whose path is too long for a socket works", async () => {
    const data = join(await temporaryFolder(), "long".repeat(30));
    await startServer("--data", data);
    expect((await nube("status", "--data", data)).code).toBe(0);
    expect((await nube("start", "--port", "0", "--data", data)).code).toBe(1);
  });

  test("a data folder refuses another store than the one that it was created with", async () => {
    const data = await temporaryFolder();
    await (await startServer("--data", data)).end("SIGTERM");
    const other = await nube(
      "start",
      "--port",
      "0",
      "--data",
      data,
      "--store",
      "postgres://nobody@127.0.0.1:1/none",
    );
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("choose another --data");
  });
});

describe("a failed start is reported in one sentence", () => {
  const start = async (...flags: string[]) => {
    const { code, stderr } = await nube("start", "--port", "0", ...flags);
    return { code, lines: stderr.trim().split("\n") };
  };
  const saying = (part: string) => ({ code: 1, lines: [expect.stringContaining(part)] });

  test("a data folder that is a file, or below one", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    expect(await start("--data", file)).toEqual(saying(`Nube cannot use ${file}: EEXIST`));
    expect(await start("--data", join(file, "data"))).toEqual(saying("ENOTDIR"));
  });

  test("a temporary folder that cannot be used", async () => {
    const port = "45099";
    const folder = join(tmpdir(), `nube-${userInfo().uid}-${port}`);
    await mkdir(folder, { mode: 0o700 });
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "store"), "");
    expect(await start("--ephemeral", "--port", port)).toEqual(
      saying("Nube cannot use its temporary folder"),
    );
  });

  test("a data folder that cannot be locked", async () => {
    const data = await temporaryFolder();
    const lock = join(data, "store", "lock");
    await mkdir(lock, { recursive: true });
    expect(await start("--data", data)).toEqual(saying(`${lock} cannot be locked`));
  });

  test("an address that is invalid or not of this machine", async () => {
    for (const host of ["fe80::1", "nowhere.invalid"])
      expect(await start("--ephemeral", "--host", host)).toEqual(saying(`Nube cannot listen on ${host}`));
  });

  test("truncated records", async () => {
    const data = await temporaryFolder();
    await (await startServer("--data", data)).end("SIGTERM");
    const records = join(data, "store", "records.mdb");
    await truncate(records, 100);
    expect(await start("--data", data)).toEqual(saying(`${records} does not begin as a file of records`));
  });
});

test.runIf(process.platform === "linux")("a server survives a full disk under its output", async () => {
  const data = await temporaryFolder();
  const full = await open("/dev/full", "w");
  const args = ["bin/nube.js", "start", "--port", "0", "--data", data];
  const server = spawn(process.execPath, args, { stdio: ["ignore", full.fd, full.fd] });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await full.close();
  });
  const status = async () => (await nube("status", "--data", data)).code;
  await vi.waitUntil(async () => (await status()) === 0, { timeout: 30_000 });
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
});

test("other users cannot read the data folder or use its socket", async () => {
  const data = join(await temporaryFolder(), "data");
  await startServer("--data", data);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  expect((await stat(join(data, "nube.sock"))).mode & 0o777).toBe(0o600);
});

test("stop, status, clock and reset connect to the running server", async () => {
  const data = await temporaryFolder();
  const server = await startServer("--data", data);
  const run = async (...args: string[]) => (await nube(...args, "--data", data)).stdout;
  expect(JSON.parse(await run("status", "--json"))).toMatchObject({
    endpoint: server.endpoint,
    services: { sts: "available" },
    certificateAuthority: join(data, "tls/ca.pem"),
    pid: server.process.pid,
  });
  // A client needs the CA file before the first TLS connection.
  expect(await readFile(join(data, "tls/ca.pem"), "utf8")).toMatch(/^-----BEGIN CERTIFICATE-----/);
  await run("clock", "freeze");
  const before = Date.parse(JSON.parse(await run("status", "--json")).time);
  await run("clock", "advance", "90d");
  const { time, frozen } = JSON.parse(await run("status", "--json"));
  expect({ days: (Date.parse(time) - before) / 86_400_000, frozen }).toEqual({ days: 90, frozen: true });
  expect(await run("reset")).toContain(data);
  expect(JSON.parse(await run("status", "--json")).frozen).toBe(false);
  expect(await run("logs")).toContain('"message":"started"');
  expect(await run("stop")).toBe("Nube has stopped.\n");
  expect(await nube("status", "--data", data)).toMatchObject({ code: 1, stdout: "" });
});

test("invalid arguments exit with 2 and one sentence", async () => {
  for (const args of [
    ["fly"],
    ["start", "--prot", "1"],
    ["start", "--port", "x"],
    ["start", "--auth", "none"],
    ["clock", "back"],
    ["env", "--format", "constructor"],
  ]) {
    const { code, stdout, stderr } = await nube(...args);
    expect({ args, code, stdout, lines: stderr.trim().split("\n").length }).toEqual({
      args,
      code: 2,
      stdout: "",
      lines: 1,
    });
  }
});

test("the help of every command has examples", async () => {
  const { stdout } = await nube("--help");
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name!);
  expect(names).toEqual(["start", "stop", "status", "doctor", "config", "env", "reset", "clock", "logs"]);
  for (const name of names) expect((await nube(name, "--help")).stdout).toMatch(/\nExamples?\n {2}/);
});

test("env prints variables for a shell", async () => {
  const { stdout } = await nube("env", "--port", "4600", "--region", "eu-west-1");
  const printed = await promisify(execFile)("sh", ["-c", `${stdout}echo $AWS_ENDPOINT_URL $AWS_REGION`]);
  expect(printed.stdout).toBe("http://localhost:4600 eu-west-1\n");
});
