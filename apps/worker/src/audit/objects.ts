// Where a log is published: the objects under its prefix in the bucket.
import type { ObjectStore } from '@salus/audit/log';

export function objectsUnder(bucket: R2Bucket, prefix: string): ObjectStore {
  const contentOf = async (object: R2ObjectBody) => new Uint8Array(await object.arrayBuffer());
  return {
    async get(path) {
      const object = await bucket.get(`${prefix}/${path}`);
      return object && contentOf(object);
    },
    async put(path, bytes) {
      await bucket.put(`${prefix}/${path}`, bytes);
    },
    async replace(path, bytes, previous) {
      const key = `${prefix}/${path}`;
      const present = await bucket.get(key);
      if (!present)
        return (
          previous === null && (await bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' } })) !== null
        );
      if (previous === null || !sameBytes(await contentOf(present), previous)) return false;
      return (await bucket.put(key, bytes, { onlyIf: { etagMatches: present.etag } })) !== null;
    },
  };
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
