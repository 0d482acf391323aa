import { createHash } from "node:crypto";
import { parseArn } from "#aws/arn.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
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

/** The content of one object. */
export interface Content {
  data: Buffer;
  /** The arrival of its oldest record. */
  oldest: number;
  /** Distinguishes the objects of a batch. */
  part: string;
  partitionKeys?: ReadonlyMap<string, string> | undefined;
  errorType?: ErrorType | undefined;
}

/**
 * Derives an object's name from the batch's id, so that a repeated delivery writes the same objects.
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

/** Writes an object as the account of the stream's role, which bucket policies must allow. @throws {AwsError} S3's error */
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

/** A record that could not be delivered, in AWS's format: one JSON document per line. */
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
