import { expect, test } from "vitest";
import { catalog } from "../../src/app/catalog.ts";
import { hello } from "../../src/services/hello/service.ts";
import { sourceFiles } from "./source.ts";

test("every job in the source is registered by its service", async () => {
  const services = [hello, ...(await Promise.all(Object.values(catalog).map((load) => load())))];
  const registered = new Set(services.flatMap(({ jobs }) => [...jobs.keys()]));
  const written = sourceFiles("src/services")
    .filter(({ isTest }) => !isTest)
    .flatMap(({ text }) => [...text.matchAll(/\bjob(?:<.*>)?\(\s*"([^"]+)"/g)].map(([, name]) => name!));
  expect(written.length).toBeGreaterThan(0);
  expect(
    written.filter((name) => !registered.has(name)),
    "A job that its service does not name is enqueued and never run.",
  ).toEqual([]);
});
