# What `aws sagemaker` answers in a sandbox: what a script writes is what it reads afterwards.
#
# Run by bash with the arguments of `aws`, or read by a fork of the script's own bash. An endpoint uses at first
# the configuration, and a notebook instance has the status and root access, that the answers of the sandbox
# name; without an answer those of the ordinary findings. AWS rolls an update of an endpoint back where the
# sandbox has an answer to it.
#
# It runs no other program and is no Python: a thousand of these run, and Python takes four times as long.

set -eu

# Set `value` to the whole content of a file, or to the second argument where there is none.
content() {
  value=${2-}
  [ ! -e "$1" ] || IFS= read -r -d '' value <"$1" || :
}

# The file that holds something of a resource: a name may have any character.
file_of() { file="$RECORDED/sagemaker.${1//\//|}"; }

# Print what is held, as AWS does; what is not there is an error of these words.
describe() {
  if [ ! -e "$file" ]; then
    printf '\n%s\n' "$1" >&2
    exit 254
  fi
  content "$file"
  printf '%s' "$value"
}

operation=$2
# The script may have variables of these names.
unset key internet root_access
endpoint='' configuration='' notebook='' query='' waits=''
for word in "${@:3}"; do
  case $word in
    --endpoint-name=*) endpoint=${word#*=} ;;
    --endpoint-config-name=*) configuration=${word#*=} ;;
    --notebook-instance-name=*) notebook=${word#*=} ;;
    --kms-key-id=*) key=${word#*=} ;;
    --direct-internet-access=*) internet=${word#*=} ;;
    --root-access=*) root_access=${word#*=} ;;
    --query=*) query=${word#*=} ;;
    notebook-instance-stopped) waits=Stopped ;;
    notebook-instance-in-service) waits=InService ;;
  esac
done

first="$RECORDED/answer.sagemaker.$operation"
content "$RECORDED/answer.sagemaker.describe-notebook-instance" $'InService\tEnabled'
file_of "notebook $notebook"
content "$file" "$value"
status=${value%%$'\t'*} access=''
case $value in *$'\t'*) access=${value#*$'\t'} ;; esac

case $operation in
  describe-endpoint-config)
    file_of "configuration $configuration"
    describe 'ValidationException: Could not find endpoint configuration.'
    ;;
  create-endpoint-config)
    file_of "configuration $configuration"
    printf '%s' "$key" >"$file"
    ;;
  describe-endpoint)
    if [ "$query" = EndpointConfigName ]; then
      content "$first" "$endpoint-config"
      file_of "endpoint $endpoint"
      content "$file" "$value"
      printf '%s' "$value"
    fi
    ;;
  update-endpoint)
    file_of "endpoint $endpoint"
    [ -e "$first" ] || printf '%s' "$configuration" >"$file"
    ;;
  create-notebook-instance)
    file_of "internet of $notebook"
    printf '%s' "$internet" >"$file"
    ;;
  describe-notebook-instance)
    case $query in
      DirectInternetAccess)
        file_of "internet of $notebook"
        describe 'ValidationException: RecordNotFound'
        ;;
      NotebookInstanceStatus) printf '%s' "$status" ;;
      *) printf '%s\t%s' "$status" "$access" ;;
    esac
    ;;
  start-notebook-instance) printf '%s\t%s' InService "$access" >"$file" ;;
  stop-notebook-instance) printf '%s\t%s' Stopped "$access" >"$file" ;;
  update-notebook-instance) printf '%s\t%s' Stopped "$root_access" >"$file" ;;
  wait) [ -z "$waits" ] || printf '%s\t%s' "$waits" "$access" >"$file" ;;
esac
