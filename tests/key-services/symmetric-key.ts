// A symmetric key inside a key service of the tests: AES-256-GCM, with whatever the service binds as additional data.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface SymmetricKey {
  encrypt(plaintext: Buffer, aad: Buffer): Buffer;
  /** Null when it does not authenticate. */
  decrypt(encrypted: Buffer, aad: Buffer): Buffer | null;
}

export function symmetricKey(): SymmetricKey {
  const key = randomBytes(32);
  return {
    encrypt(plaintext, aad) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
      return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt(encrypted, aad) {
      if (encrypted.length < 28) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(aad).setAuthTag(encrypted.subarray(-16));
      try {
        return Buffer.concat([decipher.update(encrypted.subarray(12, -16)), decipher.final()]);
      } catch {
        return null;
      }
    },
  };
}
