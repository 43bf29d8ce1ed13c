using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Silo.Hosting;

return await CommandLine.RunAsync(args, settings => ServerHost.RunAsync(settings, SiloComposition.Add, SiloComposition.Map), isSilo: true);
