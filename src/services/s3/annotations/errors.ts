import { AwsError } from "#aws/errors.ts";
import { invalidRequest } from "../errors.ts";

export const invalidName = (name: string) =>
  new AwsError("InvalidAnnotationName", "The annotation name you provided is invalid.", {
    members: { AnnotationName: name },
  });

export const nameTooLong = (name: string) =>
  new AwsError("AnnotationNameTooLong", "The annotation name exceeds 512 bytes.", {
    members: { AnnotationName: name },
  });

export const invalidPrefix = (prefix: string) =>
  new AwsError("InvalidPrefix", "The annotation prefix you provided is invalid.", {
    members: { AnnotationPrefix: prefix },
  });

export const noSuchAnnotation = (key: string, name: string) =>
  new AwsError("NoSuchAnnotation", "The specified annotation does not exist on this object.", {
    status: 404,
    members: { Key: key, AnnotationName: name },
  });

export const limitExceeded = () =>
  new AwsError(
    "AnnotationLimitExceeded",
    "The request would exceed the maximum number of annotations allowed per object.",
  );

export const notText = () =>
  new AwsError("UnsupportedMediaType", "The annotation payload is not valid UTF-8 encoded text.", {
    status: 415,
  });

export const emptyPayload = () =>
  invalidRequest("The annotation payload must be between 1 byte and 1 MiB in size.");

export const customersKey = () =>
  invalidRequest("Annotations are not supported for objects that are encrypted with customer-provided keys.");
