/* CBC with ciphertext stealing, variant 3 (NIST SP 800-38A addendum): the last two blocks are
 * always exchanged, except in a message of one block (RFC 3962 section 5). */
#include "crypt/krb_etype.h"

#include <nettle/cbc.h>
#include <nettle/memxor.h>

#define BLOCK AES_BLOCK_SIZE

void krb_aes_set_encrypt(union krb_aes *c, const uint8_t *key, size_t key_size)
{
    if (key_size == AES256_KEY_SIZE)
        aes256_set_encrypt_key(&c->aes256, key);
    else
        aes128_set_encrypt_key(&c->aes128, key);
}

void krb_aes_invert(union krb_aes *dec, const union krb_aes *enc, size_t key_size)
{
    if (key_size == AES256_KEY_SIZE)
        aes256_invert_key(&dec->aes256, &enc->aes256);
    else
        aes128_invert_key(&dec->aes128, &enc->aes128);
}

void krb_aes_block(const union krb_aes *c, size_t key_size, const uint8_t *in, uint8_t *out)
{
    if (key_size == AES256_KEY_SIZE)
        aes256_encrypt(&c->aes256, BLOCK, out, in);
    else
        aes128_encrypt(&c->aes128, BLOCK, out, in);
}

static void cbc_forward(const union krb_aes *c, size_t key_size, uint8_t *iv, size_t len,
                        uint8_t *dst, const uint8_t *src)
{
    if (key_size == AES256_KEY_SIZE)
        cbc_aes256_encrypt(&c->aes256, iv, len, dst, src);
    else
        cbc_aes128_encrypt(&c->aes128, iv, len, dst, src);
}

static void cbc_back(const union krb_aes *c, size_t key_size, uint8_t *iv, size_t len, uint8_t *dst,
                     const uint8_t *src)
{
    nettle_cipher_func *f = key_size == AES256_KEY_SIZE ? (nettle_cipher_func *)aes256_decrypt
                                                        : (nettle_cipher_func *)aes128_decrypt;
    cbc_decrypt(c, f, BLOCK, iv, len, dst, src);
}

static void block_back(const union krb_aes *c, size_t key_size, uint8_t *dst, const uint8_t *src)
{
    if (key_size == AES256_KEY_SIZE)
        aes256_decrypt(&c->aes256, BLOCK, dst, src);
    else
        aes128_decrypt(&c->aes128, BLOCK, dst, src);
}

/* Bytes in the last block of a message of len > 0 bytes: 1 to 16. */
static size_t tail_of(size_t len)
{
    return (len - 1) % BLOCK + 1;
}

void krb_cts_encrypt(const union krb_aes *c, size_t key_size, const uint8_t *first,
                     struct span rest, uint8_t *out)
{
    uint8_t iv[BLOCK], last[BLOCK] = {0}, stolen[BLOCK];

    krb_aes_block(c, key_size, first, out); /* the vector is zero */
    if (rest.len == 0)
        return;
    memcpy(iv, out, BLOCK);
    size_t tail = tail_of(rest.len), head = rest.len - tail;
    cbc_forward(c, key_size, iv, head, out + BLOCK, rest.ptr);
    memcpy(stolen, iv, BLOCK); /* the last whole block so far, at out + head */
    memcpy(last, rest.ptr + head, tail);
    cbc_forward(c, key_size, iv, BLOCK, out + head, last);
    memcpy(out + head + BLOCK, stolen, tail);
}

void krb_cts_decrypt(const union krb_aes *c, size_t key_size, struct span cipher, uint8_t *out)
{
    uint8_t iv[BLOCK] = {0}, last[BLOCK], stolen[BLOCK];

    if (cipher.len == BLOCK) {
        block_back(c, key_size, out, cipher.ptr);
        return;
    }
    size_t tail = tail_of(cipher.len), head = cipher.len - tail - BLOCK;
    block_back(c, key_size, last, cipher.ptr + head);
    memcpy(stolen, cipher.ptr + head + BLOCK, tail);
    memcpy(stolen + tail, last + tail, BLOCK - tail);
    cbc_back(c, key_size, iv, head, out, cipher.ptr);
    block_back(c, key_size, out + head, stolen);
    memxor(out + head, iv, BLOCK);
    memxor3(out + head + BLOCK, last, stolen, tail);
}
