# Runs gRPC's own Ruby interop client, with a bearer token on every call.
#   TOKEN=... ruby ruby_client.rb CLIENT.rb --server_host=... --test_case=...
require ARGV.shift

# The client's own way to TLS, with the token added.
def prod_creds
  token = ENV.fetch('TOKEN')
  bearer = GRPC::Core::CallCredentials.new(proc { { authorization: "Bearer #{token}" } })
  GRPC::Core::ChannelCredentials.new(File.read(ENV.fetch('CA_FILE'))).compose(bearer)
end

main
