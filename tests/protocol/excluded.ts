/**
 * Cases that a server cannot pass, or passes differently, by id and with the reason. The tests fail if an excluded
 * case passes or does not exist.
 */
const noBody = "the case has no body: it is about the client's Content-Encoding header";
const autoFill = "the client generates a token that is not among the parameters";
const notSent = "the client omits empty values, so there is nothing to decode";
const precedence = "two parameters have the same name, and the client sends one of them";
const wholeQuery =
  "the server's map of query parameters contains all of them, also those bound to other members";
const jsonText = "the case has a JSON value as text, handlers have the value itself";
const emptyPayload = "the client sends {} for an omitted payload";
const queryStatus = "AWS uses the status of the error's query code";

export const excludedInputs: Record<string, string> = {
  "ec2/SDKAppliedContentEncoding_ec2Query": noBody,
  "ec2/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query": noBody,
  "json/SDKAppliedContentEncoding_awsJson1_1": noBody,
  "json/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1": noBody,
  "json_1_0/SDKAppliedContentEncoding_awsJson1_0": noBody,
  "json_1_0/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0": noBody,
  "query/SDKAppliedContentEncoding_awsQuery": noBody,
  "query/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery": noBody,
  "rest-json/SDKAppliedContentEncoding_restJson1": noBody,
  "rest-json/SDKAppendedGzipAfterProvidedEncoding_restJson1": noBody,
  "rest-xml/SDKAppliedContentEncoding_restXml": noBody,
  "rest-xml/SDKAppendedGzipAfterProvidedEncoding_restXml": noBody,
  "ec2/Ec2ProtocolIdempotencyTokenAutoFill": autoFill,
  "query/QueryProtocolIdempotencyTokenAutoFill": autoFill,
  "rest-json/RestJsonQueryIdempotencyTokenAutoFill": autoFill,
  "rest-xml/QueryIdempotencyTokenAutoFill": autoFill,
  "ec2/Ec2EmptyQueryLists": notSent,
  "query/QueryEmptyQueryMaps": notSent,
  "rest-json/RestJsonHttpPrefixHeadersAreNotPresent": notSent,
  "rest-xml/HttpPrefixHeadersAreNotPresent": notSent,
  "rest-json/RestJsonNullAndEmptyHeaders": notSent,
  "rest-xml/NullAndEmptyHeaders": notSent,
  "rest-json/RestJsonOmitsEmptyListQueryValues": notSent,
  "rest-json/RestJsonQueryPrecedence": precedence,
  "rest-xml/RestXmlQueryPrecedence": precedence,
  "rest-json/RestJsonQueryParamsStringListMap": wholeQuery,
  "rest-xml/AllQueryStringTypes": wholeQuery,
  "rest-xml/RestXmlQueryParamsStringListMap": wholeQuery,
  "rest-xml/RestXmlQueryStringEscaping": wholeQuery,
  "rest-xml/RestXmlSupportsInfinityFloatQueryValues": wholeQuery,
  "rest-xml/RestXmlSupportsNaNFloatQueryValues": wholeQuery,
  "rest-xml/RestXmlSupportsNegativeInfinityFloatQueryValues": wholeQuery,
  "rest-xml/RestXmlZeroAndFalseQueryValues": wholeQuery,
  "json/serializes_string_shapes_with_jsonvalue_trait": jsonText,
  "rest-json/MediaTypeHeaderInputBase64": jsonText,
  "rest-json/RestJsonHttpWithEmptyStructurePayload": emptyPayload,
  "rest-json/RestJsonHttpWithHeadersButNoPayload": emptyPayload,
};

export const excludedOutputs: Record<string, string> = {
  "json_1_0-query-compatible/QueryCompatibleAwsJson10CustomCodeError": queryStatus,
  "smithy-rpc-v2-cbor-query-compatible/QueryCompatibleRpcV2CborCustomCodeError": queryStatus,
  "rest-json/MediaTypeHeaderOutputBase64": jsonText,
};
