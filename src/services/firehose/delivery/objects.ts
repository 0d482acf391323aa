import { createHash } from "node:crypto";
import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import { rootOf } from "#kernel/principal.ts";
import { bodyOf } from "#lib/body.ts";
import { uuidOf } from "#lib/uuid.ts";
import type { Batch, DeliveryStream, ObjectSettings } from "../store.ts";
import { COMPRESSIONS } from "./compression.ts";
import { inZone, parseDatePattern } from "./date-pattern.ts";
import { type ErrorType, errorPrefix, type Moment, objectPrefix } from "./prefix.ts";

const SUFFIX = parseDatePattern("yyyy-MM-dd-HH-mm-ss")!;
const ALPHABET_BASE = 36;
const RANDOM_STRING = 11;

type Settings = ObjectSettings & { CustomTimeZone?: string | undefined; FileExtension?: string | undefined };

/** What becomes of one object. */
export interface Content {
  data: Buffer;
  /** When the oldest record in it arrived. */
  oldest: number;
  /** Tells the objects of a batch apart. */
  part: string;
  partitionKeys?: ReadonlyMap<string, string> | undefined;
  errorType?: ErrorType | undefined;
}

/**
 * Names are made of the batch's, so that a delivery that is run again writes the same objects.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 */
export function keyOf(
  stream: DeliveryStream,
  batch: Batch,
  settings: Settings,
  { oldest, part, errorType, partitionKeys }: Omit<Content, "data">,
): string {
  const zone = settings.CustomTimeZone;
  const chance = (index: number | string) =>
    createHash("sha256").update(`${batch.id} ${part} ${index}`).digest("hex");
  const moment: Moment = {
    time: oldest,
    zone,
    partitionKeys,
    random: (index) =>
      BigInt(`0x${chance(index)}`)
        .toString(ALPHABET_BASE)
        .slice(-RANDOM_STRING),
  };
  const prefix = errorType
    ? errorPrefix(settings.Prefix, settings.ErrorOutputPrefix, { ...moment, errorType })
    : objectPrefix(settings.Prefix, moment);
  const extension = settings.FileExtension || (COMPRESSIONS[settings.CompressionFormat]?.extension ?? "");
  const time = inZone(SUFFIX, oldest, zone);
  return `${prefix}${stream.name}-${batch.version ?? stream.version}-${time}-${uuidOf(chance("name"))}${extension}`;
}

/** As the account that the stream's role is of: policies of buckets judge that. @throws {AwsError} what S3 says */
export async function putObject(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  settings: Settings,
  content: Content,
): Promise<void> {
  const compression = COMPRESSIONS[settings.CompressionFormat];
  const name = uuidOf(createHash("sha256").update(`${batch.id} ${content.part} entry`).digest("hex"));
  await ctx.as(rootOf(ctx.account)).aws.s3.PutObject({
    Bucket: parseArn(settings.BucketARN)!.resource,
    Key: keyOf(stream, batch, settings, content),
    Body: bodyOf(compression ? await compression.compressed(content.data, name) : content.data),
    ContentType: "application/octet-stream",
    ...(compression && { ContentEncoding: compression.encoding }),
  });
}

/** A record that could not be delivered, as AWS writes it: one JSON document a line. */
export interface Failure {
  attempts: number;
  arrival: number;
  code: string;
  message: string;
  ended: number;
  data: Buffer;
}

export const failureLines = (failures: readonly Failure[]): Buffer =>
  Buffer.from(
    failures
      .map(({ attempts, arrival, code, message, ended, data }) =>
        JSON.stringify({
          attemptsMade: attempts,
          arrivalTimestamp: arrival,
          errorCode: code,
          errorMessage: message,
          attemptEndingTimestamp: ended,
          rawData: data.toString("base64"),
        }),
      )
      .map((line) => `${line}\n`)
      .join(""),
  );
