// AWS Signature Version 4 of a request, every header signed (aws4fetch). The date is an argument.
import { AwsV4Signer } from 'aws4fetch';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary credentials (STS). */
  readonly sessionToken?: string | undefined;
}

export interface UnsignedAwsRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
}

/** @param now milliseconds since the epoch @returns the headers to send */
export async function signAwsRequest(
  { method, url, headers, body, region, service }: UnsignedAwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  now: number,
): Promise<Record<string, string>> {
  const signer = new AwsV4Signer({
    ...{ method, url, headers, body, region, service, accessKeyId, secretAccessKey },
    ...(sessionToken !== undefined && { sessionToken }),
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    allHeaders: true,
  });
  return Object.fromEntries((await signer.sign()).headers);
}
