import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { kinesisOf, post } from "./kinesis.ts";

const cloud = conformanceCloud();
const { stream } = kinesisOf(cloud);

const putText = async (StreamName: string, Data: string) => {
  const body = JSON.stringify({ StreamName, PartitionKey: "k", Data });
  const response = await post(cloud, "PutRecord", "application/x-amz-json-1.1", body);
  return { status: response.status, output: (await response.json()) as object };
};

for (const [data, fault, source] of [
  [
    "string",
    "Base64 encoded length is expected a multiple of 4 bytes but found: 6",
    "https://github.com/aws/aws-sdk-php/issues/650",
  ],
  [
    "Foo",
    "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    "https://github.com/pplu/aws-sdk-perl/issues/81",
  ],
] as const) {
  behaviour(`${data} is refused as invalid base64`, source, async () => {
    const { StreamName, texts } = await stream();
    expect(await putText(StreamName, data)).toEqual({
      status: 400,
      output: {
        __type: "SerializationException",
        Message: `'${data}' can not be converted to a Blob: ${fault}`,
      },
    });
    expect(await texts()).toEqual([]);
  });
}
