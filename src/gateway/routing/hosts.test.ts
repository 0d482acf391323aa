import { describe, expect, test } from "vitest";
import { AWS_DOMAINS, hostReader } from "./hosts.ts";

const read = hostReader(["localhost", ...AWS_DOMAINS], new Set(["s3", "sqs", "s3-control"]), {
  "s3-website": "s3",
});

test.each([
  "sqs.us-east-1.amazonaws.com",
  "sqs-fips.us-east-1.amazonaws.com",
  "sqs.us-east-1.api.aws",
  "sqs-fips.us-gov-west-1.api.aws:443",
  "sqs.cn-north-1.amazonaws.com.cn",
  "sqs.cn-north-1.api.amazonwebservices.com.cn",
])("%s belongs to SQS", (host) => expect(read(host)).toMatchObject({ endpointPrefix: "sqs" }));

test.each([
  ["a--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "a--use1-az4--x-s3"],
  ["a--use1-az4--x-s3.s3express-fips-use1-az4.dualstack.us-east-1.localhost:80", "a--use1-az4--x-s3"],
  ["s3express-control.us-east-1.amazonaws.com", undefined],
])("%s is an endpoint of S3 Express", (host, bucket) => {
  expect(read(host)).toEqual({ endpointPrefix: "s3", bucket });
});

test("a service's name may also be a bucket's", () => {
  expect(read("sqs.localhost:4566")).toEqual({ endpointPrefix: "sqs", label: "sqs" });
});

test("a domain below another domain is not a bucket", () => {
  const nested = hostReader(["example.com", "nube.example.com"], new Set(["s3"]));
  expect(nested("nube.example.com:4566")).toEqual({});
  expect(nested("photos.nube.example.com")).toEqual({ label: "photos" });
  expect(nested("photos.example.com")).toEqual({ label: "photos" });
});

describe("hosts of service endpoints", () => {
  const site = { service: "s3", label: "s3-website" };
  test.each([
    ["photos.s3-website.localhost:4566", { name: "photos" }],
    ["PHOTOS.s3-website.localhost", { name: "photos" }],
    ["a.b.s3-website-eu-west-1.amazonaws.com", { name: "a.b", region: "eu-west-1" }],
    ["photos.s3-website.us-gov-east-1.amazonaws.com", { name: "photos", region: "us-gov-east-1" }],
    ["s3-website.us-east-1.amazonaws.com", { name: undefined, region: "us-east-1" }],
  ])("%s", (host, said) => {
    expect(read(host)).toEqual({ endpoint: { ...site, region: undefined, ...said } });
  });

  test("do not hide a bucket of the same name", () => {
    expect(read("photos.s3-website.s3.localhost")).toEqual({
      endpointPrefix: "s3",
      bucket: "photos.s3-website",
    });
    expect(read("photos.s3-websites.localhost")).toEqual({ label: "photos.s3-websites" });
    expect(read("photos.s3-website.example.com")).toEqual({});
  });
});
