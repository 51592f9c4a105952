// The tests' own check of AWS signatures, on AWS's published examples and on requests that are wrong in one thing: what checks
// a signature must itself be seen to refuse.
import { describe, expect, it } from 'vitest';
import { faultOf, signatureOf } from './aws-signature.ts';
import type { ServiceRequest } from './server.ts';

const ACCOUNT = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = { region: 'us-east-1', service: 'service' };
const DATE = '20150830T123600Z';
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);

const signed = (names: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`;

const FORM: ServiceRequest = {
  method: 'POST',
  path: '/',
  headers: {
    host: 'example.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded',
    'x-amz-date': DATE,
    authorization: signed(
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ),
  },
  body: 'Param1=value1',
};

describe('a signature of AWS’s test suite', () => {
  it('post-x-www-form-urlencoded is sound', () => {
    expect(faultOf(FORM, ACCOUNT, SCOPE, NOW)).toBeNull();
  });

  it.each([
    ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('%s is found again', (_, method, path, signature) => {
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': DATE };
    const request = { method, path, headers, body: '' };
    expect(signatureOf(request, ['host', 'x-amz-date'], ACCOUNT.secretAccessKey, DATE, SCOPE)).toBe(
      signature,
    );
  });
});

describe('a request is refused', () => {
  const { headers } = FORM;
  const authorization = String(headers.authorization);
  const wrong: [string, Partial<ServiceRequest>, string][] = [
    ['whose body changed', { body: 'Param1=value2' }, 'InvalidSignatureException'],
    ['whose path changed', { path: '/x' }, 'InvalidSignatureException'],
    ['whose query changed', { path: '/?a=b' }, 'InvalidSignatureException'],
    ['whose method changed', { method: 'PUT' }, 'InvalidSignatureException'],
    [
      'whose host changed',
      { headers: { ...headers, host: 'other.amazonaws.com' } },
      'InvalidSignatureException',
    ],
    [
      'whose type changed',
      { headers: { ...headers, 'content-type': 'text/plain' } },
      'InvalidSignatureException',
    ],
    [
      'with a target that was not signed',
      { headers: { ...headers, 'x-amz-target': 'x' } },
      'InvalidSignatureException',
    ],
    [
      'with a session of nobody',
      { headers: { ...headers, 'x-amz-security-token': 'x' } },
      'UnrecognizedClientException',
    ],
    [
      'without a signature',
      { headers: { ...headers, authorization: undefined } },
      'MissingAuthenticationTokenException',
    ],
    [
      'with half a signature',
      { headers: { ...headers, authorization: authorization.slice(0, -1) } },
      'IncompleteSignature',
    ],
    [
      'of another account',
      { headers: { ...headers, authorization: authorization.replace('AKIDEXAMPLE', 'AKIDSOMEBODY') } },
      'UnrecognizedClientException',
    ],
    [
      'for another region',
      { headers: { ...headers, authorization: authorization.replace('us-east-1', 'us-west-2') } },
      'InvalidSignatureException',
    ],
    [
      'of another day than it says',
      { headers: { ...headers, authorization: authorization.replace('20150830/', '20150831/') } },
      'InvalidSignatureException',
    ],
    [
      'whose content type was not signed',
      { headers: { ...headers, authorization: authorization.replace('content-type;', '') } },
      'InvalidSignatureException',
    ],
  ];

  it.each(wrong)('%s', (_, change, fault) => {
    expect(faultOf({ ...FORM, ...change }, ACCOUNT, SCOPE, NOW)).toBe(fault);
  });

  it.each([-1, 1])('of another time', (direction) => {
    const minutes = (count: number) => NOW + direction * count * 60_000;
    expect(faultOf(FORM, ACCOUNT, SCOPE, minutes(4.9))).toBeNull();
    expect(faultOf(FORM, ACCOUNT, SCOPE, minutes(5.1))).toBe('InvalidSignatureException');
  });

  it('signed with another secret', () => {
    const other = { ...ACCOUNT, secretAccessKey: ACCOUNT.secretAccessKey.toLowerCase() };
    expect(faultOf(FORM, other, SCOPE, NOW)).toBe('InvalidSignatureException');
  });
});
