// Where a log is published: the objects under its prefix in the bucket.
import { FILE_BYTES_AT_MOST, type ObjectStore } from '@salus/audit/log';

/**
 * What is larger than any file of a log reads as an empty one, which is no file of a log either: somebody else put it there, and
 * it must not take up the memory of the one writer.
 */
export function objectsUnder(bucket: R2Bucket, prefix: string): ObjectStore {
  // Of what was read: to replace it, it need not be read again.
  const etags = new WeakMap<Uint8Array, string>();
  const contentOf = async (object: R2ObjectBody) => {
    const isFile = object.size <= FILE_BYTES_AT_MOST;
    if (!isFile) await object.body.cancel();
    const bytes = new Uint8Array(isFile ? await object.arrayBuffer() : new ArrayBuffer(0));
    etags.set(bytes, object.etag);
    return bytes;
  };
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
      const putIf = async (onlyIf: R2Conditional) => (await bucket.put(key, bytes, { onlyIf })) !== null;
      if (previous === null) return putIf({ etagDoesNotMatch: '*' });
      const known = etags.get(previous);
      if (known !== undefined && (await putIf({ etagMatches: known }))) return true;
      // The same bytes may have another etag: it depends on how they were put there.
      const present = await bucket.get(key);
      if (!present || !sameBytes(await contentOf(present), previous)) return false;
      return putIf({ etagMatches: present.etag });
    },
  };
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
