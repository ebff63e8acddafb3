/* The values of NTSTATUS that this service answers with ([MS-ERREF] 2.3.1). */
#ifndef SMB_SMB_STATUS_H
#define SMB_SMB_STATUS_H

#define NT_OK                      0x00000000u
#define NT_PENDING                 0x00000103u
#define NT_NOTIFY_CLEANUP          0x0000010bu
#define NT_NOTIFY_ENUM_DIR         0x0000010cu
#define NT_BUFFER_OVERFLOW         0x80000005u
#define NT_NO_MORE_FILES           0x80000006u
#define NT_FIRST_ERROR             0xc0000000u /* from here on they are errors */
#define NT_INVALID_INFO_CLASS      0xc0000003u
#define NT_INFO_LENGTH_MISMATCH    0xc0000004u
#define NT_INVALID_PARAMETER       0xc000000du
#define NT_NO_SUCH_FILE            0xc000000fu
#define NT_INVALID_DEVICE_REQUEST  0xc0000010u
#define NT_END_OF_FILE             0xc0000011u
#define NT_MORE_PROCESSING         0xc0000016u
#define NT_ACCESS_DENIED           0xc0000022u
#define NT_BUFFER_TOO_SMALL        0xc0000023u
#define NT_OBJECT_NAME_INVALID     0xc0000033u
#define NT_OBJECT_NAME_NOT_FOUND   0xc0000034u
#define NT_OBJECT_NAME_COLLISION   0xc0000035u
#define NT_OBJECT_PATH_NOT_FOUND   0xc000003au
#define NT_OBJECT_PATH_SYNTAX_BAD  0xc000003bu
#define NT_SHARING_VIOLATION       0xc0000043u
#define NT_FILE_LOCK_CONFLICT      0xc0000054u
#define NT_LOCK_NOT_GRANTED        0xc0000055u
#define NT_EAS_NOT_SUPPORTED       0xc000004fu
#define NT_DELETE_PENDING          0xc0000056u
#define NT_INVALID_OWNER           0xc000005au
#define NT_PRIVILEGE_NOT_HELD      0xc0000061u
#define NT_LOGON_FAILURE           0xc000006du
#define NT_INVALID_SECURITY_DESCR  0xc0000079u
#define NT_RANGE_NOT_LOCKED        0xc000007eu
#define NT_DISK_FULL               0xc000007fu
#define NT_INSUFFICIENT_RESOURCES  0xc000009au
#define NT_BAD_IMPERSONATION       0xc00000a5u
#define NT_PIPE_BUSY               0xc00000aeu
#define NT_PIPE_DISCONNECTED       0xc00000b0u
#define NT_FILE_IS_A_DIRECTORY     0xc00000bau
#define NT_NOT_SUPPORTED           0xc00000bbu
#define NT_NETWORK_NAME_DELETED    0xc00000c9u
#define NT_BAD_NETWORK_NAME        0xc00000ccu
#define NT_REQUEST_NOT_ACCEPTED    0xc00000d0u
#define NT_INTERNAL_ERROR          0xc00000e5u
#define NT_DIRECTORY_NOT_EMPTY     0xc0000101u
#define NT_FILE_CORRUPT            0xc0000102u
#define NT_NOT_A_DIRECTORY         0xc0000103u
#define NT_CANCELLED               0xc0000120u
#define NT_CANNOT_DELETE           0xc0000121u
#define NT_FILE_CLOSED             0xc0000128u
#define NT_INVALID_DEVICE_STATE    0xc0000184u
#define NT_FS_DRIVER_REQUIRED      0xc000019cu
#define NT_INVALID_LOCK_RANGE      0xc00001a1u
#define NT_USER_SESSION_DELETED    0xc0000203u
#define NT_NOT_FOUND               0xc0000225u
#define NT_NETWORK_SESSION_EXPIRED 0xc000035cu

#endif
