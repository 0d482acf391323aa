import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { configure, type Environment, type Flags } from "./config.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nube-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const withFile = (settings: object | string): string => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "nube.json"),
    typeof settings === "string" ? settings : JSON.stringify(settings),
  );
  return folder;
};

const read = (flags: Flags, environment: Environment = {}) =>
  configure({ data: "/nowhere", ...flags }, environment);

describe("the origin of a setting", () => {
  test("flags take precedence over variables, those over the file, that over the defaults", () => {
    const data = withFile({ port: 1, region: "eu-west-1", account: "111111111111" });
    const { config, origins } = read({ data, port: "3" }, { NUBE_PORT: "2", NUBE_REGION: "eu-west-2" });
    expect(config).toMatchObject({
      port: 3,
      region: "eu-west-2",
      account: "111111111111",
      host: "127.0.0.1",
    });
    expect(origins).toMatchObject({
      port: "--port",
      region: "NUBE_REGION",
      account: join(data, "nube.json"),
      host: "default",
    });
  });

  test("a configuration file can set the data folder", () => {
    const folder = withFile({ data: "/srv/cloud" });
    const { config } = configure({ config: join(folder, "nube.json") }, {});
    expect(config.data).toBe("/srv/cloud");
  });

  test("the default data folder is per user", () => {
    expect(configure({}, { XDG_DATA_HOME: "/home/ana/data" }).config.data).toBe("/home/ana/data/nube");
    expect(configure({}, {}).config.data).toMatch(/\.local\/share\/nube$/);
  });

  test("LocalStack's variables are supported, after Nube's own", () => {
    expect(read({}, { GATEWAY_LISTEN: "0.0.0.0:4510,0.0.0.0:443", DEBUG: "1" }).config).toMatchObject({
      host: "0.0.0.0",
      port: 4510,
      log: "debug",
    });
    expect(read({}, { GATEWAY_LISTEN: "[::]:1", NUBE_PORT: "2" }).config).toMatchObject({
      host: "::",
      port: 2,
    });
    expect(read({}, { DEBUG: "express:*" }).config.log).toBe("info");
  });
});

test("the default authentication is loopback on loopback addresses, otherwise strict", () => {
  for (const host of ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
    expect(read({ host }).config.auth).toBe("loopback");
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "nube.example.com"])
    expect(read({ host }).config.auth).toBe("strict");
  expect(read({ host: "0.0.0.0", auth: "loopback" }).config.auth).toBe("loopback");
});

test.each([
  ["port", "65536", "port is a number from 0 to 65535"],
  ["port", "4e3", "port is a number"],
  ["host", "a b", "host is an address or a host name"],
  ["auth", "none", "auth is one of strict, loopback"],
  ["region", "mars", "region is a Region"],
  ["account", "12", "account is an account id of 12 digits"],
  ["store", "mysql://x/y", "store is a URL like postgres://"],
  ["ephemeral", "maybe", "ephemeral is true or false"],
  ["log", "loud", "log is one of"],
  ["limits", "kinesis,s3", "one of dynamodb, kinesis"],
])("%s rejects %s, and says what is valid and where the value came from", (name, value, message) => {
  expect(() => read({}, { [`NUBE_${name.toUpperCase()}`]: value })).toThrow(message);
  expect(() => read({}, { [`NUBE_${name.toUpperCase()}`]: value })).toThrow(
    `(from NUBE_${name.toUpperCase()})`,
  );
});

test("a file with an unknown setting, or that is not a JSON object, is rejected by name", () => {
  const misspelt = withFile({ prot: 1 });
  expect(() => read({ data: misspelt })).toThrow(
    `${join(misspelt, "nube.json")} sets prot, which is none of: port,`,
  );
  expect(() => read({ data: withFile("{") })).toThrow("is no JSON");
  expect(() => read({ data: withFile("[]") })).toThrow("is not a JSON object");
  expect(() => configure({ config: "/nowhere/x.json" }, {})).toThrow("/nowhere/x.json cannot be read");
});

test("the configuration is immutable", () => {
  const { config } = read({ hosts: "Nube.example.com,b" });
  expect(config.hosts).toEqual(["nube.example.com", "b"]);
  expect(() => ((config as { port: number }).port = 1)).toThrow(TypeError);
  expect(() => (config.hosts as string[]).push("c")).toThrow(TypeError);
});
