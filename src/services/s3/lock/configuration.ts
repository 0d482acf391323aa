import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { buckets } from "../store.ts";
import { defaultNotPositive, defaultTooLarge, lockNeedsVersioning, noLockConfiguration } from "./errors.ts";
import { refuseEventHoldInDocument } from "./event-holds.ts";
import { type DefaultRetention, isMode } from "./retention.ts";

type Document = NonNullable<Input<"s3", "PutObjectLockConfiguration">["ObjectLockConfiguration"]>;

const MAX_PERIOD = { Days: 36_500, Years: 100 };

export const lockConfiguration = {
  async PutObjectLockConfiguration(ctx, input) {
    checkDocument(ctx, { required: true });
    refuseEventHoldInDocument(ctx);
    const defaultRetention = defaultIn(input.ObjectLockConfiguration);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      if (bucket.versioning !== "Enabled") throw lockNeedsVersioning();
      tx.put(buckets, { ...bucket, objectLock: { defaultRetention } });
      return {};
    });
  },

  async GetObjectLockConfiguration(ctx, input) {
    const { name, objectLock } = await ctx.read((tx) => bucketAt(tx, input.Bucket));
    if (!objectLock) throw noLockConfiguration(name);
    const { defaultRetention: rule } = objectLock;
    return {
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: rule && {
          DefaultRetention: {
            Mode: rule.mode,
            ...("days" in rule ? { Days: rule.days } : { Years: rule.years }),
          },
        },
      },
    };
  },
} satisfies Handlers<"s3">;

/** @throws {AwsError} MalformedXML, InvalidArgument */
function defaultIn(document: Document | undefined): DefaultRetention | undefined {
  if (document?.ObjectLockEnabled !== "Enabled") throw malformedXml();
  if (!document.Rule) return undefined;
  const { Mode: mode, Days: days, Years: years } = document.Rule.DefaultRetention ?? {};
  if (!isMode(mode) || (days === undefined) === (years === undefined)) throw malformedXml();
  return days !== undefined
    ? { mode, days: periodIn("Days", days) }
    : { mode, years: periodIn("Years", years!) };
}

function periodIn(unit: "Days" | "Years", value: number): number {
  if (value < 1) throw defaultNotPositive(unit);
  if (value > MAX_PERIOD[unit]) throw defaultTooLarge(unit);
  return value;
}
