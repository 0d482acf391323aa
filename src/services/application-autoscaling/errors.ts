import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"application-autoscaling">();

export const invalid = (message: string) => fault("ValidationException", message);
export const unsupported = () =>
  invalid("Unsupported service namespace, resource type or scalable dimension");
/** The error for features that a namespace does not support, which AWS reports as missing permissions. */
export const notAuthorized = () =>
  new AwsError("AccessDeniedException", "Account is not authorized", { status: 400 });
export const noSuchTable = (resource: string) => invalid(`DynamoDB table does not exist: ${resource}`);

export interface Place {
  ServiceNamespace: string;
  ResourceId: string;
  ScalableDimension: string;
}

const where = ({ ServiceNamespace, ResourceId, ScalableDimension }: Place) =>
  `service namespace: ${ServiceNamespace}, resource ID: ${ResourceId}, scalable dimension: ${ScalableDimension}`;

const notFound = (message: string) => fault("ObjectNotFoundException", message);
export const notRegistered = (place: Place) => notFound(`No scalable target registered for ${where(place)}`);
export const noSuchTarget = (place: Place) => notFound(`No scalable target found for ${where(place)}`);
export const noSuchPolicy = (place: Place, name: string) =>
  notFound(`No scaling policy found for ${where(place)}, scaling policy name: ${name}`);
export const noSuchAction = (place: Place, name: string) =>
  notFound(`No scheduled action found for ${where(place)}, scheduled action name: ${name}`);

export const invalidToken = () => fault("InvalidNextTokenException", "Invalid next token");
export const noSuchResource = (arn: string) =>
  fault("ResourceNotFoundException", `The specified scalable target does not exist: ${arn}`, {
    members: { ResourceName: arn },
  });
export const tooManyTags = (arn: string) =>
  fault("TooManyTagsException", "A scalable target can have 50 tags.", { members: { ResourceName: arn } });
export const tooMany = (what: string) => fault("LimitExceededException", `Too many ${what}.`);
