import type { Override } from "../override.ts";

export default {
  service: {
    // botocore's model names JSON only. SQS has kept its query protocol for older clients:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
    protocols: ["awsJson1_0", "awsQuery"],
    // As in botocore's model from before JSON (1.29.165), and in every answer of the query protocol.
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    // The model has no constraints at all; SQS answers InvalidParameterValue, MissingParameter and their kin.
    validation: "none",
  },
} satisfies Override;
