import { AwsError } from "#aws/errors.ts";
import { invalidRequest } from "../errors.ts";

export const noSuchCors = (bucket: string) =>
  new AwsError("NoSuchCORSConfiguration", "The CORS configuration does not exist", {
    status: 404,
    members: { BucketName: bucket },
  });

// Rules

export const tooManyRules = () =>
  invalidRequest("The number of CORS rules should not exceed allowed limit of 100 rules.");

export const unsupportedMethod = (method: string) =>
  invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);

export const manyWildcards = (element: "AllowedOrigin" | "AllowedHeader", value: string) =>
  invalidRequest(`${element} "${value}" can not have more than one wildcard.`);

export const exposedWildcard = (header: string) =>
  invalidRequest(
    `ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
  );

export const exposedCharacter = (header: string) =>
  invalidRequest(`ExposeHeader "${header}" contains invalid character.`);

// Preflights

export const originNeeded = () =>
  new AwsError("BadRequest", "Insufficient information. Origin request header needed.");

export const invalidRequestMethod = (method: string | undefined) =>
  new AwsError("BadRequest", `Invalid Access-Control-Request-Method: ${method ?? "null"}`);

/** S3 names the bucket as the missing resource, whatever the request names. */
export const corsBucketNotFound = (method: string) => forbidden("Bucket not found", method, "BUCKET");

export const corsNotEnabled = (method: string) =>
  forbidden("CORS is not enabled for this bucket.", method, "BUCKET");

/** The misspelling `evalution` is S3's. */
export const corsNotAllowed = (method: string, resource: string) =>
  forbidden(
    "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
    method,
    resource,
  );

const forbidden = (message: string, method: string, resource: string) =>
  new AwsError("AccessForbidden", `CORSResponse: ${message}`, {
    status: 403,
    members: { Method: method, ResourceType: resource },
  });
