import { expect, test } from "vitest";
import type { Input } from "#kernel/service.ts";
import { TEST_START } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { DAY_MS } from "../days.ts";
import type { EventRecord } from "../notifications/message.ts";
import { QUEUE, withDestinations } from "../notifications/testing.ts";
import type { ObjectVersion } from "../store.ts";
import { archiveState } from "./archive.ts";
import { chargedEarly, KB } from "./classes.ts";

const at = { Bucket: "photos", Key: "film" };

async function archived(StorageClass: Input<"s3", "PutObject">["StorageClass"] = "GLACIER") {
  const nube = await withDestinations();
  await nube.s3.PutBucketNotificationConfiguration({
    Bucket: at.Bucket,
    NotificationConfiguration: {
      QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectRestore:*"] }],
    },
  });
  await nube.s3.PutObject({ ...at, Body: bodyOf("reel"), StorageClass });
  const records = () =>
    nube.deliveries
      .flatMap(({ message }) => (message.Records ?? []) as EventRecord[])
      .map(({ eventName, eventTime }) => [eventName, Date.parse(eventTime) - TEST_START]);
  return { ...nube, records };
}

const HOUR = 3_600_000;

test("a restore sends events when it is requested, completed and expired", async () => {
  const { s3, advance, records, close } = await archived();
  await s3.RestoreObject({ ...at, RestoreRequest: { Days: 1 } });
  await advance("2d");
  expect(records()).toEqual([
    ["ObjectRestore:Post", 0],
    ["ObjectRestore:Completed", 3 * HOUR],
    ["ObjectRestore:Delete", 48 * HOUR],
  ]);
  await close();
});

test("a faster restore sends one completion event, and an extended one expires later", async () => {
  const { s3, advance, records, close } = await archived();
  const restore = (Tier: "Bulk" | "Expedited", Days: number) =>
    s3.RestoreObject({ ...at, RestoreRequest: { Days, GlacierJobParameters: { Tier } } });
  await restore("Bulk", 1);
  await restore("Expedited", 1);
  await advance("1h");
  await restore("Bulk", 3);
  await advance("9d");
  expect(records()).toEqual([
    ["ObjectRestore:Post", 0],
    ["ObjectRestore:Completed", 60_000],
    ["ObjectRestore:Delete", 4 * DAY_MS],
  ]);
  await close();
});

test("overwriting or deleting an object ends its restore without an event", async () => {
  const { s3, advance, records, close } = await archived();
  await s3.RestoreObject({ ...at, RestoreRequest: { Days: 1 } });
  await s3.PutObject({ ...at, Body: bodyOf("other"), StorageClass: "GLACIER" });
  await advance("3d");
  expect(records()).toEqual([["ObjectRestore:Post", 0]]);
  await close();
});

test.each([
  [{}, "archived"],
  [{ tier: "Bulk", ready: 11, expires: 20 }, "restoring"],
  [{ tier: "Bulk", ready: 10, expires: 20 }, "restored"],
  [{ tier: "Bulk", ready: 5, expires: 10 }, "archived"],
] as const)("at time 10, a restore of %o is %s", (restore, state) => {
  const version = { storageClass: "GLACIER", ...("tier" in restore && { restore }) } as ObjectVersion;
  expect(archiveState(version, 10)).toBe(state);
  expect(archiveState({ ...version, storageClass: "GLACIER_IR" }, 10)).toBe("active");
});

test.each([
  ["STANDARD_IA", 1_000_000, 10, 20 * 1_000_000],
  ["STANDARD_IA", 5, 0, 30 * 128 * KB],
  ["STANDARD_IA", 5, 30, 0],
  ["DEEP_ARCHIVE", 7, 80, 100 * 7],
  [undefined, 7, 0, 0],
] as const)(
  "%s of %i bytes, deleted after %i days, is charged %i byte-days more",
  (storageClass, size, days, charged) => {
    const version = { storageClass, size, modified: 0 } as ObjectVersion;
    expect(chargedEarly(version, days * DAY_MS)).toBe(charged);
  },
);

test.each([
  [{ Days: 1, Type: "SELECT" }, "NotImplemented"],
  [{ Days: 1, OutputLocation: {} }, "NotImplemented"],
] as const)("a restore with %o is refused and named", async (RestoreRequest, code) => {
  const { s3, close } = await archived();
  const restored = s3.RestoreObject({ ...at, RestoreRequest });
  await expect(restored).rejects.toMatchObject({ code, status: 501 });
  await close();
});
