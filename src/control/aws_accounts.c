/*
 * ResetUserPassword and CreateComputer.
 */
#include "base/text.h"
#include "control/aws_call.h"

enum err aws_reset_user_password(struct aws_call *call)
{
    json_t *args;
    TRY(aws_directory_of(call));
    TRY(aws_active(call));
    TRY(aws_as_owner(call));
    args = json_object();
    control_set_span(args, "name", aws_text(call, "UserName"));
    control_set_span(args, "password", aws_text(call, "NewPassword"));
    enum err e = aws_do(call, OP_USER_SET_PASSWORD, args, NULL);
    if (e == ERR_OK) { /* a disabled user is enabled by this, as AWS has it */
        args = json_object();
        control_set_span(args, "name", aws_text(call, "UserName"));
        e = aws_do(call, OP_USER_ENABLE, args, NULL);
    }
    if (e == ERR_REFUSED && strcmp(call->error, "EntityDoesNotExistException") == 0)
        call->error = "UserDoesNotExistException";
    else if (e == ERR_REFUSED && strcmp(call->error, "InvalidParameterException") == 0)
        call->error = "InvalidPasswordException";
    return e;
}

enum err aws_create_computer(struct aws_call *call)
{
    struct span ou = aws_text(call, "OrganizationalUnitDistinguishedName");
    json_t *args, *made, *computer;
    TRY(aws_directory_or_share(call));
    TRY(aws_active(call));
    TRY(aws_as_owner(call));
    if (json_array_size(json_object_get(call->in, "ComputerAttributes")))
        return aws_refuse(call, "UnsupportedOperationException", REASON_API_UNSUPPORTED,
                          "ComputerAttributes: an account is made without further attributes; set "
                          "them over LDAP.");
    args = json_object();
    control_set_span(args, "name", aws_text(call, "ComputerName"));
    control_set_span(args, "password", aws_text(call, "Password"));
    if (ou.len)
        control_set_span(args, "ou", ou);
    TRY(aws_do(call, OP_COMPUTER_CREATE, args, NULL));
    args = json_object();
    control_set_span(args, "name", aws_text(call, "ComputerName"));
    TRY(aws_do(call, OP_COMPUTER_SHOW, args, &made));
    computer = json_object();
    control_set_span(computer, "ComputerName", aws_text(call, "ComputerName"));
    json_object_set(computer, "ComputerId", json_object_get(made, "sid"));
    json_object_set_new(computer, "ComputerAttributes", json_array());
    call->out = json_pack("{s:o}", "Computer", computer);
    json_decref(made);
    return ERR_OK;
}
