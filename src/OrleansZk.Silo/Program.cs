using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

return await CommandLine.RunAsync(args, ServerHost.RunAsync);
