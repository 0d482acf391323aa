import { verifyPostSignature } from "#aws/signature/post-signature.ts";
import type { Endpoint } from "#kernel/calls/endpoint.ts";
import { preconditionFailed } from "../errors.ts";
import { postObject } from "./post-object.ts";

/** Serves `POST /bucket` with an upload form. It has no operation in AWS's contract. */
export const formUpload: Endpoint = {
  accepts: ({ method, path, headers }) =>
    method === "POST" &&
    bucketIn(path) !== undefined &&
    /^multipart\/form-data/i.test(headers["content-type"] ?? ""),
  serve: ({ path, url, headers, body }, context) =>
    postObject({
      bucket: bucketIn(path)!,
      contentType: headers["content-type"],
      body,
      url: url.replace(/\/$/, ""),
      now: context.now(),
      callerOf: (claim) =>
        context.callerOf(claim && { ...claim, verify: (secret) => verifyPostSignature(claim, secret) }),
    }),
};

/** Refuses any other `POST /bucket`. */
export const wrongForm: Endpoint = {
  accepts: ({ method, path, query }) => method === "POST" && query === "" && bucketIn(path) !== undefined,
  async serve() {
    throw preconditionFailed("Bucket POST must be of the enclosure-type multipart/form-data");
  },
};

const bucketIn = (path: string): string | undefined => /^\/([^/]+)\/?$/.exec(path)?.[1];
