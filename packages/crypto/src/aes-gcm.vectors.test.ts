// AES-256-GCM as published: cases 13 to 18 of McGrew and Viega, "The Galois/Counter Mode of Operation", Appendix B; and samples
// of NIST's CAVP files (CAVS 14.0) gcmEncryptExtIV256.rsp and gcmDecrypt256.rsp, failing tags among them.
import { describe, expect, it } from 'vitest';
import { concat } from './bytes.ts';
import { fromHex, toHex } from './encoding.ts';
import { IntegrityError } from './errors.ts';
import { aesGcmOpen, aesGcmSeal } from './primitives.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly nonce: string;
  readonly aad?: string;
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly tag: string;
}

const ZEROS = '00'.repeat(32);
const KEY = 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308';
const AAD = 'feedfacedeadbeeffeedfacedeadbeefabaddad2';
const PLAINTEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
  '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const SHORTER = PLAINTEXT.slice(0, 2 * 60);

const GALOIS_COUNTER_MODE: readonly Vector[] = [
  {
    name: 'case 13: nothing',
    key: ZEROS,
    nonce: '000000000000000000000000',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    name: 'case 14: one block of zeros',
    key: ZEROS,
    nonce: '000000000000000000000000',
    plaintext: '00000000000000000000000000000000',
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    name: 'case 15: whole blocks',
    key: KEY,
    nonce: 'cafebabefacedbaddecaf888',
    plaintext: PLAINTEXT,
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad',
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    name: 'case 16: additional data',
    key: KEY,
    nonce: 'cafebabefacedbaddecaf888',
    aad: AAD,
    plaintext: SHORTER,
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
  {
    name: 'case 17: a short nonce',
    key: KEY,
    nonce: 'cafebabefacedbad',
    aad: AAD,
    plaintext: SHORTER,
    ciphertext:
      'c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0' +
      'feb582d33934a4f0954cc2363bc73f7862ac430e64abe499f47c9b1f',
    tag: '3a337dbf46a792c45e454913fe2ea8f2',
  },
  {
    name: 'case 18: a long nonce',
    key: KEY,
    nonce:
      '9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728' +
      'c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b',
    aad: AAD,
    plaintext: SHORTER,
    ciphertext:
      '5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf4' +
      '0fc0c3b780f244452da3ebf1c5d82cdea2418997200ef82e44ae7e3f',
    tag: 'a44a8266ee1c8eb0c8b5d4cf5ae9f19a',
  },
];

const CAVP_ENCRYPT: readonly Vector[] = [
  {
    name: 'PTlen 0, AADlen 0',
    key: 'b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4',
    nonce: '516c33929df5a3284ff463d7',
    tag: 'bdc1ac884d332457a1d2664f168c76f0',
  },
  {
    name: 'PTlen 0, AADlen 128',
    key: '78dc4e0aaf52d935c3c01eea57428f00ca1fd475f5da86a49c8dd73d68c8e223',
    nonce: 'd79cf22d504cc793c3fb6c8a',
    aad: 'b96baa8c1c75a671bfb2d08d06be5f36',
    tag: '3e5d486aa2e30b22e040b85723a06e76',
  },
  {
    name: 'PTlen 104, AADlen 0',
    key: '82c4f12eeec3b2d3d157b0f992d292b237478d2cecc1d5f161389b97f999057a',
    nonce: '7b40b20f5f397177990ef2d1',
    plaintext: '982a296ee1cd7086afad976945',
    ciphertext: 'ec8e05a0471d6b43a59ca5335f',
    tag: '113ddeafc62373cac2f5951bb9165249',
  },
  {
    name: 'PTlen 128, AADlen 0',
    key: '31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22',
    nonce: '0d18e06c7c725ac9e362e1ce',
    plaintext: '2db5168e932556f8089a0622981d017d',
    ciphertext: 'fa4362189661d163fcd6a56d8bf0405a',
    tag: 'd636ac1bbedd5cc3ee727dc2ab4a9489',
  },
  {
    name: 'PTlen 408, AADlen 160',
    key: '24501ad384e473963d476edcfe08205237acfd49b5b8f33857f8114e863fec7f',
    nonce: '9ff18563b978ec281b3f2794',
    aad: 'adb5ec720ccf9898500028bf34afccbcaca126ef',
    plaintext:
      '27f348f9cdc0c5bd5e66b1ccb63ad920ff2219d14e8d631b3872265cf117ee86' +
      '757accb158bd9abb3868fdc0d0b074b5f01b2c',
    ciphertext:
      'eb7cb754c824e8d96f7c6d9b76c7d26fb874ffbf1d65c6f64a698d839b0b0614' +
      '5dae82057ad55994cf59ad7f67c0fa5e85fab8',
    tag: 'bc95c532fecc594c36d1550286a7a3f0',
  },
  {
    name: 'PTlen 408, AADlen 720',
    key: '148579a3cbca86d5520d66c0ec71ca5f7e41ba78e56dc6eebd566fed547fe691',
    nonce: 'b08a5ea1927499c6ecbfd4e0',
    aad:
      'e4f963f015ffbb99ee3349bbaf7e8e8e6c2a71c230a48f9d59860a29091d2747' +
      'e01a5ca572347e247d25f56ba7ae8e05cde2be3c97931292c02370208ecd097e' +
      'f692687fecf2f419d3200162a6480a57dad408a0dfeb492e2c5d',
    plaintext:
      '9d0b15fdf1bd595f91f8b3abc0f7dec927dfd4799935a1795d9ce00c9b879434' +
      '420fe42c275a7cd7b39d638fb81ca52b49dc41',
    ciphertext:
      '2097e372950a5e9383c675e89eea1c314f999159f5611344b298cda45e628437' +
      '16f215f82ee663919c64002a5c198d7878fd3f',
    tag: 'adbecdb0d5c2224d804d2886ff9a5760',
  },
];

// [Keylen = 256] [IVlen = 96] [PTlen = 128] [AADlen = 128] [Taglen = 128]; FAIL where there is no plaintext.
const CAVP_DECRYPT: readonly Vector[] = [
  {
    name: 'Count 0',
    key: '54e352ea1d84bfe64a1011096111fbe7668ad2203d902a01458c3bbd85bfce14',
    nonce: 'df7c3bca00396d0c018495d9',
    aad: '7e968d71b50c1f11fd001f3fef49d045',
    plaintext: '85fc3dfad9b5a8d3258e4fc44571bd3b',
    ciphertext: '426e0efc693b7be1f3018db7ddbb7e4d',
    tag: 'ee8257795be6a1164d7e1d2d6cac77a7',
  },
  {
    name: 'Count 1',
    key: '82f0d1ddc58123f805541f55a7eab43f56ddfefc06c73d57709df3d5a4aabfb3',
    nonce: '0c9d74af29ed4406c77a8e4b',
    aad: '34325620a392739beeee6c370967d539',
    plaintext: '3fe7811a8224a1881da34a27e03da86a',
    ciphertext: 'c61155d41495e9fc76060fe7f8c926a2',
    tag: '66d8c881d66370504d2bf00cdb06259e',
  },
  {
    name: 'Count 2',
    key: '9a0343f850a6427120f764789ffec6d237447b898fbf51d2182f065d3861497d',
    nonce: '3deef6f453dd70d92143adcd',
    aad: 'dbb8226a624520863db6897017b2a4f8',
    ciphertext: 'e93165935ac18e3a2845d15fe31a9286',
    tag: 'f5fc50d18766bc3d9e16dd136d45816b',
  },
  {
    name: 'Count 3',
    key: '562a865ddc042577284b34b6cd267aa3e9adedf6b8a9e2490d5519eaea3daccc',
    nonce: 'f20e5db286f3ee11835a5103',
    aad: 'c638e57814cd44f8af9730208f5464d5',
    plaintext: '7e59320cc09d1ccfb49f7c90e81326dc',
    ciphertext: 'ae62b52018c253be2463ff235cd3ff1d',
    tag: '6e481954d30c503ce6d448fda4116578',
  },
  {
    name: 'Count 4',
    key: '2a765ceac97265c15209eea90bea85cd9586b972160502ff592a306dc017e6b9',
    nonce: '62c545d9d4e3c7acb66b4bf1',
    aad: '7d12474e23dc233bc6312d4d5b2deee4',
    ciphertext: 'ae0594a7b66d3a958e4e6212d3288f91',
    tag: 'ec9aa846d185cc0f43d392240cd6e2c4',
  },
  {
    name: 'Count 5',
    key: 'b919ab155fc93ad5f3bac0e9706999031a3175356b070bd45fa6dbe7099126d0',
    nonce: 'e65d8f9f6b67d5b333191044',
    aad: 'b04f3b04764aa3208165e8374faea266',
    plaintext: '0c5b45bf8168b2cd8069702624c68dc5',
    ciphertext: '3da7bfdbe0fc98a1b657f70b2c046f46',
    tag: 'd9bfbcb1a1027b0d5dbe9e0accf587b5',
  },
  {
    name: 'Count 6',
    key: '2b44f83492c05b784b6d9405c64a0530eb9ac7fcd6d5d1f0e3d4ab015a07398b',
    nonce: '88c16315108517124ba3b280',
    aad: 'af6406f8222a287ef1086a264929dfc5',
    ciphertext: 'a0df8e1083853d740e80dd77e3a78d10',
    tag: '08d0184cb2cbec32ebbebb30fb253e74',
  },
];

const valid = [...GALOIS_COUNTER_MODE, ...CAVP_ENCRYPT, ...CAVP_DECRYPT.filter((vector) => vector.plaintext)];
const failing = CAVP_DECRYPT.filter((vector) => !vector.plaintext);

describe('CRY-14: AES-256-GCM by its published vectors', () => {
  it.each(valid)('seals and opens $name', async (vector) => {
    const { key, nonce, aad, plaintext, sealed } = bytesOf(vector);
    expect(toHex(await aesGcmSeal(key, nonce, aad, plaintext))).toBe(toHex(sealed));
    expect(toHex(await aesGcmOpen(key, nonce, aad, sealed))).toBe(vector.plaintext ?? '');
  });

  it.each(failing)('refuses $name, whose tag is false', async (vector) => {
    const { key, nonce, aad, sealed } = bytesOf(vector);
    await expect(aesGcmOpen(key, nonce, aad, sealed)).rejects.toThrow(IntegrityError);
  });

  it.each(valid)('refuses $name with one bit of its tag flipped', async (vector) => {
    const { key, nonce, aad, sealed } = bytesOf(vector);
    for (let bit = 0; bit < 128; bit++) {
      const at = sealed.length - 16 + (bit >> 3);
      const forged = sealed.with(at, (sealed[at] ?? 0) ^ (1 << (bit & 7)));
      await expect(aesGcmOpen(key, nonce, aad, forged)).rejects.toThrow(IntegrityError);
    }
  });

  it.each(valid)('refuses $name with other additional data', async (vector) => {
    const { key, nonce, aad, sealed } = bytesOf(vector);
    await expect(aesGcmOpen(key, nonce, concat(aad, Uint8Array.of(0)), sealed)).rejects.toThrow(
      IntegrityError,
    );
  });
});

function bytesOf({ key, nonce, aad = '', plaintext = '', ciphertext = '', tag }: Vector) {
  return {
    key: fromHex(key),
    nonce: fromHex(nonce),
    aad: fromHex(aad),
    plaintext: fromHex(plaintext),
    sealed: fromHex(ciphertext + tag),
  };
}
