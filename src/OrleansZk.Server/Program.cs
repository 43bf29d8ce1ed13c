using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;

return await CommandLine.RunAsync(args, async settings =>
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
    builder.Configuration.AddInMemoryCollection(settings);
    builder.AddOrleansZkServer();
    WebApplication app = builder.Build();
    int exitCode = 0;
    app.Services.GetRequiredService<Engine>().Failed += _ =>
    {
        exitCode = 1;
        app.Lifetime.StopApplication();
    };
    await app.RunAsync();
    return exitCode;
});
