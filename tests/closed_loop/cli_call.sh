# What `aws` is first in the scripts that the closed loop runs: it tells `cli_server` the number of its process.
# The server reads there what is called, and answers with the exit code, or with a word when it has to be
# handed the streams as well: `cli_call` does that. The output is also number 4, because bash has another one
# while it prints to number 3.
exec 4>&1 3<>/dev/tcp/127.0.0.1/@PORT@ || exit 255
printf '%s\n' "$$" >&3
IFS= read -r answer <&3
exec 3>&- 4>&-
[ "$answer" != @STREAMS@ ] || exec '@PROGRAM@' "$@"
exit "${answer:-255}"
