import {
  CreateDeliveryStreamCommand,
  type CreateDeliveryStreamCommandInput,
  type ExtendedS3DestinationConfiguration,
  FirehoseClient,
  PutRecordCommand,
} from "@aws-sdk/client-firehose";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const api = (operation: string) => doc(`firehose/latest/APIReference/API_${operation}.html`);
export const guide = (page: string) => doc(`firehose/latest/dev/${page}.html`);

export const ACCOUNT = "000000000000";
export const RoleARN = `arn:aws:iam::${ACCOUNT}:role/delivery`;
export const arn = (name: string) => `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/${name}`;

export const invalid = (message: string | RegExp) => refusal("InvalidArgumentException", message);
export const missing = (name: string) =>
  refusal("ResourceNotFoundException", `Firehose ${name} under account ${ACCOUNT} not found.`);
/** PutRecord and PutRecordBatch return a message with another word order. */
export const nowhere = (name: string) =>
  refusal("ResourceNotFoundException", `Firehose ${name} not found under account ${ACCOUNT}.`);
export const refusal = (name: string, message: string | RegExp) => ({
  name,
  message: message instanceof RegExp ? expect.stringMatching(message) : message,
  $metadata: { httpStatusCode: 400 },
});
/** The error for unimplemented features. */
export const notImplemented = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };

export const processing = (Type: string, parameters: Record<string, string> = {}) => ({
  Type: Type as never,
  Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName: ParameterName as never,
    ParameterValue,
  })),
});

let count = 0;
/** A name that is unique within the test file. */
export const uniqueName = (kind: string) => `${kind}-${++count}`;

export function firehoseOf(cloud: ConformanceCloud) {
  const send = ((command: never) =>
    new FirehoseClient(cloud.client()).send(command)) as FirehoseClient["send"];
  const s3 = ((command: never) =>
    new S3Client({ ...cloud.client(), forcePathStyle: true }).send(command)) as S3Client["send"];

  async function bucket() {
    const Bucket = uniqueName("bucket");
    await s3(new CreateBucketCommand({ Bucket }));
    return {
      Bucket,
      arn: `arn:aws:s3:::${Bucket}`,
      async keys() {
        const { Contents = [] } = await s3(new ListObjectsV2Command({ Bucket }));
        return Contents.map(({ Key }) => Key!);
      },
      async object(Key: string) {
        const got = await s3(new GetObjectCommand({ Bucket, Key }));
        return { ...got, bytes: Buffer.from(await got.Body!.transformToByteArray()) };
      },
    };
  }

  /** Creates a stream that delivers to its own bucket after a minute. */
  async function stream(
    more: Partial<ExtendedS3DestinationConfiguration> = {},
    rest: Partial<CreateDeliveryStreamCommandInput> = {},
  ) {
    const to = await bucket();
    const DeliveryStreamName = uniqueName("stream");
    await send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName,
        ExtendedS3DestinationConfiguration: {
          RoleARN,
          BucketARN: to.arn,
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
          ...more,
        },
        ...rest,
      }),
    );
    return {
      DeliveryStreamName,
      ...to,
      put: (data: string | Buffer) =>
        send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from(data) } })),
      /** Advances the clock past the interval and returns all objects by key. */
      async delivered() {
        await cloud.advance(61_000);
        const found = new Map<string, string>();
        for (const key of await to.keys()) found.set(key, (await to.object(key)).bytes.toString());
        return found;
      },
    };
  }

  return { send, s3, bucket, stream };
}
