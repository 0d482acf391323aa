import { describe, expect, test } from "vitest";
import { loadContract } from "../contract/contract.ts";
import { AwsError } from "../errors.ts";
import { protocol } from "./index.ts";
import { requestOf } from "./testing.ts";

const s3 = loadContract("s3");

function decode(operation: string, ...query: [string, string][]) {
  return protocol("restXml").decode(
    s3.operation(operation)!,
    requestOf({ labels: { Bucket: "b", Key: "k" }, query }),
  );
}

describe("a parameter that should be an integer", () => {
  test.each([
    ["ListObjectsV2", "max-keys", "abc", "Provided max-keys not an integer or within integer range"],
    ["ListObjects", "max-keys", "2147483648", "Provided max-keys not an integer or within integer range"],
    [
      "ListMultipartUploads",
      "max-uploads",
      "1.5",
      "Provided max-uploads not an integer or within integer range",
    ],
    ["UploadPart", "partNumber", "one", "Part number must be an integer between 1 and 10000, inclusive"],
  ])("%s: %s=%s", (operation, name, value, message) => {
    const refusal = {
      code: "InvalidArgument",
      message,
      members: { ArgumentName: name, ArgumentValue: value },
    };
    try {
      decode(operation, [name, value], ["uploadId", "u"]);
    } catch (error) {
      expect(error).toBeInstanceOf(AwsError);
      expect(error).toMatchObject(refusal);
      return;
    }
    throw new Error("not refused");
  });

  test("is ignored if the operation has no parameter of that name", () => {
    expect(decode("GetObject", ["max-keys", "abc"], ["part-number-marker", "x"])).toMatchObject({ Key: "k" });
  });

  test("may be negative if its format allows it, or empty", () => {
    expect(decode("ListObjectsV2", ["max-keys", "-1"])).toMatchObject({ MaxKeys: -1 });
    expect(decode("ListObjectsV2", ["max-keys", ""])).not.toHaveProperty("MaxKeys");
  });
});
